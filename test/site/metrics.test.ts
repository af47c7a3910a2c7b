// What Prometheus reads of the hub, and that dashboard and rules ask for nothing else.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { METRICS } from '../../spec/metric.ts'
import { openStore, StoreError } from '../../site/store.ts'
import { join, reportOf, SPEC, summaryOf, testHub, tokens } from './kit.ts'

const HOLD = ['web/172.18.67.33']
const metricsOf = async ({ get }: ReturnType<typeof testHub>) =>
  (await get('/metrics', tokens.viewer)).text()

async function twoNodes() {
  const kit = testHub()
  await kit.push(SPEC, 0)
  const [lb1, lb2] = [join(kit.hub, 'lb1'), join(kit.hub, 'lb2')]
  let seq = 0
  const live = (seconds: number, one: readonly string[], two: readonly string[]) => {
    for (let n = 0; n < seconds; n++) {
      kit.clock.advance(1_000)
      seq++
      lb1.say({ type: 'report', seq, report: reportOf(summaryOf('lb1', one)) })
      lb2.say({ type: 'heartbeat', seq, summary: summaryOf('lb2', two) })
      kit.hub.tick()
    }
  }
  return { ...kit, live }
}

test('the state of the cluster in numbers, and none for what is no longer known', async () => {
  const kit = await twoNodes()
  kit.live(5, HOLD, [])
  kit.live(3, [], HOLD)
  const text = await metricsOf(kit)
  for (const line of [
    'hactl_vip_holders{vip="web"} 1',
    'hactl_vip_holder{vip="web",node="lb2"} 1',
    'hactl_vip_state{vip="web",state="held"} 1',
    'hactl_vip_moves_total{vip="web"} 2',
    'hactl_vip_last_gap_seconds{vip="web"} 1',
    'hactl_node_up{node="lb1"} 1',
    'hactl_node_condition{node="lb1",condition="Ready"} 1',
    'hactl_server_up{node="lb1",pool="appsrvs",server="wp1"} 1',
    'hactl_hub_messages_total 16',
    'hactl_hub_store_writable 1',
    'hactl_hub_revision 1',
    '# TYPE hactl_vip_moves_total counter',
  ])
    assert.ok(text.split('\n').includes(line), `${line} is not in\n${text}`)
  kit.clock.advance(4_000)
  const later = await metricsOf(kit)
  assert.match(later, /hactl_node_up\{node="lb1"\} 0/)
  assert.match(later, /hactl_node_condition\{node="lb1",condition="Unknown"\} 1/)
  assert.doesNotMatch(later, /hactl_server_up\{/)
  kit.hub.close()
})

test('healthz answers anyone; readyz says when no push is taken', async () => {
  const store = openStore(':memory:')
  const full = () => {
    throw new StoreError('store the spec', new Error('disk full'))
  }
  const { hub, push } = testHub({ store: { ...store, push: full } })
  const at = async (path: string) => (await hub.app.request(path)).status
  assert.deepEqual(
    [await at('/healthz'), await at('/readyz'), await at('/metrics')],
    [200, 200, 401],
  )
  assert.equal((await push(SPEC, 0)).status, 503)
  assert.deepEqual([await at('/healthz'), await at('/readyz')], [200, 503])
  hub.close()
})

test('names follow the conventions', () => {
  for (const [name, [kind, labels]] of Object.entries(METRICS)) {
    assert.match(name, /^hactl(?:_[a-z]+)+$/)
    assert.equal(kind === 'counter', name.endsWith('_total'), name)
    for (const label of labels) assert.match(label, /^[a-z]+$/)
  }
})

for (const file of ['dashboard.json', 'rules.yml'])
  test(`${file} asks for metrics and labels that there are`, async () => {
    const kit = await twoNodes()
    const text = await metricsOf(kit)
    const asked = readFileSync(`site/grafana/${file}`, 'utf8')
    const names = new Set(asked.match(/\bhactl_[a-z_]+/g))
    assert.ok(names.size > 8)
    for (const name of names) assert.ok(text.includes(`# TYPE ${name} `), name)
    const labels = [...asked.matchAll(/\{\{ ?(?:\$labels\.)?([a-z]+) ?\}\}/g)].map(
      ([, label]) => label,
    )
    const known = new Set(Object.values(METRICS).flatMap(([, all]) => all.map(String)))
    for (const label of labels) assert.ok(known.has(label ?? ''), label)
    kit.hub.close()
  })

test('every panel of the dashboard has a place of its own and a question', () => {
  const { panels } = JSON.parse(readFileSync('site/grafana/dashboard.json', 'utf8'))
  const cells = new Set<string>()
  for (const { gridPos, targets, title } of panels) {
    assert.ok(
      targets.every(({ expr }: { expr: string }) => expr !== ''),
      title,
    )
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        assert.ok(x < 24 && !cells.has(`${x} ${y}`), title)
        cells.add(`${x} ${y}`)
      }
  }
})
