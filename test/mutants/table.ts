// Defects that the tests must notice: each is one textual edit of the agent, and what must fail with it.
import { IMPORT_MUTANTS } from './import.ts'
import { KEPT_MUTANTS } from './kept.ts'
import { SECRET_MUTANTS } from './secrets.ts'
import { TLS_MUTANTS } from './tls.ts'
import { OUTSIDE_MUTANTS } from './outside.ts'

export type Mutant = {
  readonly name: string
  readonly file: string
  readonly find: string
  readonly replace: string
  /** Arguments of node: tests or simulation that must fail. */
  readonly kill: readonly string[]
}

const tests = (...files: readonly string[]) => ['--test', ...files.map((f) => `test/${f}.test.ts`)]
const sim = (from: number, seeds = 12) => [
  'test/sim/main.ts',
  '--first',
  '--from',
  `${from}`,
  '--seeds',
  `${seeds}`,
]

export const MUTANTS: readonly Mutant[] = [
  {
    name: "drop the engine's check",
    file: 'agent/apply.ts',
    find: 'if (!verdict.ok) {',
    replace: 'if (!verdict.ok) return []\n  if (!verdict.ok) {',
    kill: sim(1),
  },
  {
    name: 'drop the preflight',
    file: 'agent/kinds/daemon.ts',
    find: 'want.binds.length === 0',
    replace: 'want.binds.length >= 0',
    kill: tests('agent/kinds/daemon'),
  },
  {
    name: 'drop the guard',
    file: 'agent/plan/guard.ts',
    find: 'if (found !== undefined) return { ok: false, ...found }',
    replace: '',
    kill: tests('agent/plan/guard'),
  },
  {
    name: 'undo to disk instead of good',
    file: 'agent/kinds/daemon.ts',
    find: 'return good.get(file.path) ?? original',
    replace: 'return files.get(file.path)?.body ?? original',
    kill: tests('agent/kinds/daemon'),
  },
  {
    name: 'no quarantine',
    file: 'agent/quarantine.ts',
    find: '{ failedDigest: digest, failedReason: reason }',
    replace: '{}',
    kill: tests('agent/quarantine'),
  },
  {
    name: 'accept older revisions',
    file: 'agent/accept.ts',
    find: 'revision !== 0 && revision < meta.seenRevision',
    replace: 'revision !== 0 && revision < 0',
    kill: tests('agent/accept'),
  },
  {
    name: 'skip the turn',
    file: 'agent/pass.ts',
    find: 'if (!turn.go) {',
    replace: "if (!turn.go && plan.digest === '') {",
    kill: sim(1),
  },
  {
    name: 'a peer that failed is no reason to stop',
    file: 'agent/plan/turn.ts',
    find: 'if (broken !== undefined) return',
    replace: 'if (broken === "") return',
    kill: tests('agent/plan/turn'),
  },
  {
    name: 'write in place, not atomic',
    file: 'agent/host/files.ts',
    find: 'await rename(temporary, path)',
    replace: "await (await open(path, 'w')).writeFile(body); await unlink(temporary)",
    kill: tests('agent/host/files'),
  },
  {
    name: 'skip verify',
    file: 'agent/apply.ts',
    find: 'await verify(tools, action)',
    replace: '',
    kill: sim(13, 20),
  },
  {
    name: 'only live settings where the process is behind',
    file: 'agent/kinds/daemon.ts',
    find: "(impact !== 'live' || !proven)",
    replace: "impact !== 'live'",
    kill: tests('agent/kinds/daemon'),
  },
  {
    name: 'forget to remember',
    file: 'agent/apply.ts',
    find: 'await tools.memory.remember(action.path, action.body)',
    replace: '',
    kill: sim(1),
  },
  {
    name: 'settle without asking the proxy',
    file: 'agent/verify.ts',
    find: 'if (status === 0)',
    replace: 'if (status < 0)',
    kill: sim(1, 20),
  },
  {
    name: 'no undo',
    file: 'agent/apply.ts',
    find: 'await perform(tools, step, step.undo, [])',
    replace: 'undefined',
    kill: sim(1),
  },
  {
    name: 'no answer counts as no proof, nor does any answer',
    file: 'agent/proof.ts',
    find: 'return engine.digestIn(await host.ask(engine.proof.socket, engine.proof.command))',
    replace: "return ''",
    kill: sim(1, 1),
  },
  {
    name: 'undo leaves the file of a kernel setting',
    file: 'agent/kinds/sysctl.ts',
    find: 'undo: [back, ...before]',
    replace: 'undo: [...before]',
    kill: tests('contract/kind'),
  },
  {
    name: 'what was removed stays ours',
    file: 'agent/apply.ts',
    find: 'await tools.memory.disown(',
    replace: 'void (',
    kill: tests('contract/provider'),
  },
  {
    name: 'a dead unit stays dead',
    file: 'agent/host/supervisor-systemd.ts',
    find: '\nRestart=always\n',
    replace: '\n',
    kill: tests('contract/supervisor'),
  },
  {
    name: 'go although a peer tries a spec now',
    file: 'agent/trial.ts',
    find: 'if (other !== undefined) {',
    replace: "if (other === '') {",
    kill: tests('agent/trial'),
  },
  {
    name: 'announce only after the last question',
    file: 'agent/trial.ts',
    find: 'status.claim(plan.digest)',
    replace: '',
    kill: tests('agent/trial'),
  },
  {
    name: 'one slot for both sides of a cut',
    file: 'agent/plan/turn.ts',
    find: 'return peerWaitMs + slot * (peerWaitMs + TRIAL_MS)',
    replace: 'return peerWaitMs + 0 * slot',
    kill: tests('agent/plan/turn'),
  },
  {
    name: 'the way back is not on disk before the change',
    file: 'agent/kinds/daemon.ts',
    find: 'if (body === undefined || body === f.body) return []',
    replace: 'if (f.body !== "") return []',
    kill: tests('agent/kinds/daemon'),
  },
  {
    name: 'a spec that nobody confirmed stays',
    file: 'agent/confirm.ts',
    find: "  if (before !== undefined) await memory.keepSpec('proven', before)\n",
    replace: '',
    kill: tests('agent/confirm'),
  },
  {
    name: 'any revision that is confirmed confirms this one',
    file: 'agent/confirm.ts',
    find: 'if (state.confirmed === revision)',
    replace: 'if (state.confirmed > 0)',
    kill: tests('agent/confirm'),
  },
  {
    name: 'an order that ended here is taken again',
    file: 'agent/order-book.ts',
    find: ' && !book.over.includes(one.id)',
    replace: '',
    kill: tests('agent/order-book'),
  },
  {
    name: 'a paused node takes a spec',
    file: 'agent/pass.ts',
    find: 'if (pause !== undefined) {',
    replace: 'if (pause !== undefined && seen.plan.steps.length === 0) {',
    kill: tests('agent/paused'),
  },
  {
    name: 'a dead daemon of a paused node stays dead',
    file: 'agent/paused.ts',
    find: '  await revive(agent, seen)\n',
    replace: '',
    kill: tests('agent/paused'),
  },
  {
    name: 'what a node does not say it took is shown as done',
    file: 'site/orders-shown.ts',
    find: "is: 'not taken', why }",
    replace: "is: 'done', why }",
    kill: tests('site/orders'),
  },
  {
    name: 'a drained node lets go of a vip that nobody can hold',
    file: 'agent/drain.ts',
    find: 'given: force || ready',
    replace: 'given: true',
    kill: tests('agent/drain'),
  },
  {
    name: 'a vip that nobody holds is never taken back',
    file: 'agent/drain.ts',
    find: 'if (force || held)',
    replace: 'if (force || held || was !== undefined)',
    kill: tests('agent/drain'),
  },
  {
    name: 'the last server of a pool is drained',
    file: 'agent/server-drain.ts',
    find: 'if (left.length === 0) return',
    replace: 'if (left.length < 0) return',
    kill: tests('agent/server-drain'),
  },
  {
    name: 'what nobody signed is taken',
    file: 'agent/accept.ts',
    find: 'if (unsigned !== undefined) return refused(unsigned)',
    replace: '',
    kill: tests('agent/trust'),
  },
  {
    name: 'a signed spec of another cluster, or an older one, is taken',
    file: 'agent/accept.ts',
    find: 'if (unfit !== undefined) return refused(unfit)',
    replace: '',
    kill: tests('agent/trust'),
  },
  ...SECRET_MUTANTS,
  ...IMPORT_MUTANTS,
  ...KEPT_MUTANTS,
  ...OUTSIDE_MUTANTS,
  ...TLS_MUTANTS,
]
