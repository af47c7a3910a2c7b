// What `hactl notify test` does: one try on every way, and what the other side said.
import { type Attempt, type Way, waysOf } from '../agent/host/courier.ts'
import { readIdentity } from '../agent/host/age.ts'
import { readSecretLine, type SecretReader } from '../agent/host/secret-file.ts'
import { agePath } from '../agent/secrets.ts'
import type { Cluster } from '../spec/cluster.ts'
import type { Notice, Sender } from '../spec/notice.ts'
import { EXIT, Exit } from './exit.ts'
import type { Io } from './io.ts'
import { jsonOut, paint, plain, plural, table } from './print.ts'
import { STATE_PATH } from './age-key.ts'
import { nameOf, needSpec } from './spec-text.ts'

/** On a node also what is encrypted for it. */
const line: SecretReader = (place) =>
  readSecretLine(place, { identity: () => readIdentity(agePath(STATE_PATH)) })

function chosen(cluster: Cluster, file: string, only: string | undefined): readonly Way[] {
  const ways = cluster.notify === undefined ? [] : waysOf(cluster.notify, line)
  if (ways.length === 0)
    throw new Exit(
      EXIT.no,
      `cannot test: ${nameOf(file)} tells nobody`,
      'add "notify" with "mail" or "webhooks"',
    )
  if (only === undefined) return ways
  const found = ways.filter(({ name }) => name === only || name === `webhook ${only}`)
  if (found.length > 0) return found
  throw new Exit(
    EXIT.usage,
    `cannot find '${only}'`,
    `there is ${ways.map(({ name }) => name.replace('webhook ', '')).join(', ')}`,
  )
}

const testNotice = (at: number): Notice => ({
  ...{ id: `test:${at}`, thread: `test:${at}`, topic: 'test', phase: 'test', about: [], at },
  title: 'test message',
  details: ['Nothing happened: somebody ran hactl notify test.'],
})

/** Ways are tried side by side, each once: a person waits for it. */
export async function notifyTest(io: Io, file: string, only: string | undefined): Promise<void> {
  const { cluster } = await needSpec(io, file)
  const ways = chosen(cluster, file, only)
  const notice = testNotice(io.clock.now())
  const by = `${io.env['USER'] ?? 'somebody'} with hactl notify test`
  const sender: Sender = { cluster: cluster.name, by, because: '' }
  const tried = await Promise.all(
    ways.map(async (way): Promise<Attempt & { readonly way: string }> => {
      const { ok, again, text } = await way.deliver(notice, sender, io.signal)
      return { way: way.name, ok, again, text }
    }),
  )
  const failed = tried.filter((attempt) => !attempt.ok).length
  if (io.json) jsonOut(io, { ok: failed === 0, tried })
  else
    io.out(
      table(
        tried.map(({ way, ok, text }) => [
          way,
          ok ? paint(io, 'green', 'sent') : paint(io, 'red', 'failed'),
          plain(text),
        ]),
      ),
    )
  if (failed > 0 && io.json) throw new Exit(EXIT.no)
  if (failed > 0)
    throw new Exit(EXIT.no, `${plural(failed, 'way')} of ${tried.length} cannot be used from here`)
}
