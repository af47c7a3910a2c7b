// An example of spec/examples in the lab: what its tests ask and do, and what a client sees meanwhile.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { execa } from 'execa'
import {
  type Bare,
  labDown,
  labExec,
  labProbe,
  labStatus,
  labUp,
  leftOf,
  type ProbeResult,
} from '../../cli/lab/index.ts'
import { logOf } from '../../cli/lab/namespace.ts'
import type { NodeStatus } from '../../spec/status.ts'

const hactl = join(process.cwd(), 'dist/hactl')
const log = () => undefined
const FAIL_AFTER_MS = 1_000
/** Longer than two passes of an agent. */
const QUIET_MS = 5_000

export type Example = Awaited<ReturnType<typeof exampleLab>>

/** Polls with a bound; the bound is for a machine under load, not a promise. */
export async function until(
  what: string,
  check: () => Promise<boolean> | boolean,
  seconds = 30,
): Promise<void> {
  const end = performance.now() + seconds * 1_000
  while (performance.now() < end) {
    if (await check()) return
    await sleep(200)
  }
  assert.fail(`not within ${seconds} s: ${what}`)
}

/** What the client sees from a second before `work` to the end of `seconds`. */
export async function seenDuring(
  root: string,
  seconds: number,
  work: () => Promise<unknown>,
): Promise<ProbeResult> {
  const probing = labProbe({ root, seconds })
  await sleep(FAIL_AFTER_MS)
  await work()
  return probing
}

/** The longest time without an answer, as far as the probe looked. */
export function gapText({ gaps, longestGapMs }: ProbeResult, seconds: number): string {
  const endMs = seconds * 1_000
  const open = gaps.some(({ atMs, ms }) => ms >= longestGapMs && atMs + ms >= endMs - 1)
  return open ? `not over within ${seconds - FAIL_AFTER_MS / 1_000} s` : `${longestGapMs} ms`
}

const table: string[] = []
/** One line of figures: the same fault, the tutorial's configuration and ours. */
export function compare(fault: string, tutorial: string | undefined, ours: string): void {
  table.push(`${fault}: tutorial ${tutorial ?? 'not measured'}, hactl ${ours}`)
  process.stdout.write(`  ${table.at(-1)}\n`)
}

/** All that a lab is asked, whoever configured it. */
function askedOf(root: string) {
  const holders = async (vip = 0) => (await labStatus({ root })).vips[vip]?.holders ?? []
  return {
    root,
    holders,
    heldBy: (node: string, seconds = 30) =>
      until(`vip held by ${node} alone`, async () => (await holders()).join() === node, seconds),
    on: (node: string, ...argv: readonly string[]) =>
      labExec({ root, node, argv, timeoutMs: 60_000 }),
    /** Ends in an assertion where the script fails. */
    must: async (node: string, script: string) => {
      const argv = ['bash', '-ec', script]
      const { code, stdout, stderr } = await labExec({ root, node, argv, timeoutMs: 60_000 })
      assert.equal(code, 0, `${node}: ${script}: ${stderr}`)
      return stdout
    },
    /** Served without a failure, whoever serves. */
    served: () =>
      until('a client is served', async () => {
        const { requests, failed } = await labProbe({ root, seconds: 0.5 })
        return requests > 0 && failed === 0
      }),
    down: async () => {
      await labDown({ root, log })
      assert.deepEqual(leftOf(root), { processes: [], mounts: [] })
    },
  }
}

/** The tutorial's own files and commands on the machines of the example. */
export async function tutorialLab(name: string, specText: string, bare: Bare) {
  const root = join('/run/hactl-lab', `e2e-${name}-tutorial-${process.pid}`)
  await labUp({ specText, hactl: [hactl], root, log, bare })
  return askedOf(root)
}

/** The example under hactl; `specText` where the lab needs it a little different from the file. */
export async function exampleLab(
  name: string,
  specText = readFileSync(`spec/examples/${name}.json`, 'utf8'),
) {
  const root = join('/run/hactl-lab', `e2e-${name}-${process.pid}`)
  const scratch = mkdtempSync(join(tmpdir(), 'hactl-e2e-'))
  const { operatorToken = '' } = await labUp({ specText, hactl: [hactl], root, log })
  const asked = askedOf(root)
  const cli = (...argv: readonly string[]) =>
    execa(hactl, [...argv, '--hub', `unix:${root}/hub.sock`, '--token', operatorToken], {
      reject: false,
      timeout: 90_000,
    })
  const nodes = async (): Promise<readonly NodeStatus[]> => {
    const { stdout } = await cli('status', '--json')
    return stdout.startsWith('{') ? (JSON.parse(stdout).nodes ?? []) : []
  }
  const files = '/etc/haproxy/haproxy.cfg /etc/keepalived/keepalived.conf'
  return {
    ...asked,
    specText,
    cli,
    nodes,
    /** Pushes an edited copy of the example. */
    push: (edit: (spec: ReturnType<typeof JSON.parse>) => void, ...flags: readonly string[]) => {
      const spec = JSON.parse(specText)
      edit(spec)
      const file = join(scratch, 'spec.json')
      writeFileSync(file, JSON.stringify(spec, null, 2))
      return cli('push', file, ...flags)
    },
    ready: () =>
      until(
        'every node Ready',
        async () => {
          const all = await nodes()
          return all.length > 0 && all.every((n) => n.summary?.condition === 'Ready' && !n.stale)
        },
        60,
      ),
    sums: (node: string) => asked.must(node, `sha256sum ${files}`),
    /** Nothing is written, started or drifts for longer than two passes. */
    stays: async (balancers: readonly string[]) => {
      const picture = async () => {
        const found = balancers.map((node) =>
          asked.must(node, `stat -c '%n %i %y' ${files}; pgrep -x 'haproxy|keepalived' | sort`),
        )
        return (await Promise.all(found)).join('\n')
      }
      const was = await picture()
      await sleep(QUIET_MS)
      assert.equal(await picture(), was)
      for (const { node, report } of await nodes())
        assert.deepEqual(report?.drift ?? [], [], `${node} drifts`)
    },
    /** Lines that the agent of a node wrote, without a hub between. */
    agentLog: (node: string) => readFileSync(logOf(root, `${node}-agent`), 'utf8'),
    down: async () => {
      await asked.down()
      rmSync(scratch, { recursive: true, force: true })
    },
  }
}
