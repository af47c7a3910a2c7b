// The same promises from every provider: it only reads the spec, its wants converge, and it leaves nothing behind.
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { type Compiled, compile, KIND_TURNS } from '../../agent/plan/index.ts'
import { guard } from '../../agent/plan/guard.ts'
import { virtualText } from '../../agent/kinds/virtual-service.ts'
import { offlineFacts } from '../../agent/plan/offline.ts'
import type { Provider, Want } from '../../agent/plan/types.ts'
import { engines, providers } from '../../agent/providers/index.ts'
import { checkSpec } from '../../spec/check.ts'
import type { Cluster } from '../../spec/cluster.ts'
import { fakeRandom } from '../fakes/random.ts'
import { STATES } from '../fakes/in-state.ts'
import { applyAll, type Bench, bench, picture, stepsOf } from './bench.ts'
import { SAMPLES, type Sample } from './provider-samples.ts'

const EXAMPLES = globSync('spec/examples/*.json').sort()
const NOTHING: Compiled = { wants: [], notes: [] }
/** Compiled anew in each pass, as the agent does: what is installed decides what is rendered. */
type Wanting = (at: Bench) => Compiled
/** A node without its engines needs one pass to install them and one to configure what was installed. */
const PASSES_FROM_NOTHING = 2

const textOf = (path: string): string => readFileSync(path, 'utf8')
const clusterOf = (text: string): Cluster => {
  const { cluster, diagnostics } = checkSpec(text)
  return cluster ?? assert.fail(JSON.stringify(diagnostics))
}

const sampleOf = ({ name }: Provider): Sample =>
  SAMPLES[name] ??
  assert.fail(`provider ${name} has no sample in test/contract/provider-samples.ts`)

/** The same JSON with the keys of every object in another order; arrays keep theirs, it has a meaning. */
function shuffled(value: unknown, seed: number): unknown {
  if (Array.isArray(value)) return value.map((one) => shuffled(one, seed + 1))
  if (typeof value !== 'object' || value === null) return value
  const random = fakeRandom(seed)
  const keyed = Object.entries(value).map(
    ([key, one]) => [random.between(0, 1_000_000), [key, shuffled(one, seed + 1)]] as const,
  )
  return Object.fromEntries(keyed.sort((a, b) => a[0] - b[0]).map(([, entry]) => entry))
}

const shuffledText = (text: string, seed: number): string =>
  JSON.stringify(shuffled(JSON.parse(text), seed))

/** A provider that writes to what it is given would throw. */
function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const one of Object.values(value)) frozen(one)
  }
  return value
}

/** All that a want says, with what its function answers for a first start and for a hand-made file. */
const spoken = (wants: readonly Want[]): string =>
  JSON.stringify(
    wants.map((want) =>
      want.kind === 'daemon' ? { ...want, impact: [undefined, 'x\n'].map(want.impact) } : want,
    ),
  )

const idOf = (want: Want): string => {
  switch (want.kind) {
    case 'address':
      return `address:${want.vip}`
    case 'daemon':
      return `daemon:${want.daemon.name}`
    case 'package':
      return `package:${want.engine}`
    case 'packages':
      return `packages:${want.name}`
    case 'sysctl':
      return `sysctl:${want.key}`
    case 'file':
      return `file:${want.file.path}`
    case 'unit':
      return `unit:${want.unit}`
    case 'module':
      return `module:${want.name}`
    case 'mount':
      return `mount:${want.wish.path}`
    case 'exports':
      return `exports:${want.file.path}`
    case 'link':
      return `link:${want.interface}`
    case 'virtual-service':
      return `virtual-service:${virtualText(want.service)}`
    case 'firewall':
      return 'firewall'
    case 'selinux':
      return 'selinux'
    case 'local-address':
      return `local-address:${want.address.interface}/${want.address.address}`
  }
}

for (const provider of providers) {
  const { name } = provider
  const compiledOn = (cluster: Cluster, node: string): Compiled =>
    provider.compile(frozen(cluster), frozen(offlineFacts(cluster, node)))

  test(`${name}: its sample wants something, and the change of it is noticed`, () => {
    const { a, b } = pair(sampleOf(provider), provider)
    assert(a.compiled.wants.length > 0, `${name} wants nothing of its own sample`)
    assert.notEqual(spoken(a.compiled.wants), spoken(b.compiled.wants))
  })

  for (const path of EXAMPLES) {
    test(`${name} on ${path}: compiling is pure, whatever the order of keys`, () => {
      const text = textOf(path)
      for (const { name: node } of clusterOf(text).nodes) {
        const first = compiledOn(clusterOf(text), node)
        for (let seed = 0; seed < 4; seed++) {
          const again = compiledOn(clusterOf(seed === 0 ? text : shuffledText(text, seed)), node)
          assert.equal(spoken(again.wants), spoken(first.wants), `${node}, seed ${seed}`)
          assert.deepEqual(again.notes, first.notes)
        }
      }
    })

    test(`${name} on ${path}: every want is known, and has one owner`, () => {
      const cluster = clusterOf(textOf(path))
      for (const { name: node } of cluster.nodes) {
        const facts = offlineFacts(cluster, node)
        const all = compile(cluster, facts).wants
        for (const want of provider.compile(cluster, facts).wants) {
          assert(want.kind in KIND_TURNS, `${name} wants the unknown kind ${want.kind}`)
          assert.equal(all.filter((other) => idOf(other) === idOf(want)).length, 1, idOf(want))
          if (want.kind !== 'daemon') continue
          assert(want.engine in engines, `${name} names the unknown engine ${want.engine}`)
          const owned = all.flatMap((w) => (w.kind === 'daemon' ? w.files.map((f) => f.path) : []))
          for (const { path: file } of want.files) {
            assert.equal(owned.filter((one) => one === file).length, 1, `${file} has two owners`)
          }
        }
      }
    })
  }

  for (const state of STATES) {
    test(`${name} from ${state}: it converges, and then plans nothing`, async () => {
      const { a } = pair(sampleOf(provider), provider)
      const at = await bench(a.cluster, a.node)
      await at.arrange(a.compiled, state)
      if (state === 'correct') assert.deepEqual(stepsOf((await at.look(a.compiled)).plan), [])
      await converge(at, a.wanting, state === 'empty' ? PASSES_FROM_NOTHING : 1)
    })
  }

  test(`${name}: there and back again gives the same bytes`, async () => {
    const { a, b } = pair(sampleOf(provider), provider)
    const at = await bench(a.cluster, a.node)
    await converge(at, a.wanting, 1)
    const before = picture(at.fake, a.compiled)
    await converge(at, b.wanting, 1)
    assert.notDeepEqual(picture(at.fake, a.compiled), before)
    await converge(at, a.wanting, 1)
    assert.deepEqual(picture(at.fake, a.compiled), before)
  })

  test(`${name}: when nothing is wanted any more it asks first, and leaves nothing behind`, async () => {
    const { a } = pair(sampleOf(provider), provider)
    const at = await bench(a.cluster, a.node)
    const bare = Object.keys(picture(at.fake, a.compiled).files)
    await converge(at, a.wanting, 1)
    const { plan } = await at.look(NOTHING)
    const daemons = a.compiled.wants.flatMap((w) => (w.kind === 'daemon' ? [w.daemon] : []))
    const verdict = guard({ plan, cluster: a.cluster, before: a.cluster, allow: [] })
    assert.equal(verdict.ok, daemons.length === 0, 'what stops a daemon needs an override')
    await converge(at, () => NOTHING, 1)
    const { files, loaded } = picture(at.fake, a.compiled)
    assert.deepEqual(Object.keys(files), bare)
    assert.deepEqual(at.memory.meta().ours, [])
    assert.deepEqual([...at.memory.good().keys()], [])
    for (const daemon of daemons) assert.equal(loaded[daemon.name], undefined)
  })
}

test('every sample is of a provider that exists', () => {
  assert.deepEqual(Object.keys(SAMPLES).sort(), providers.map((p) => p.name).sort())
})

/** The sample as it is and as changed, compiled for its node. */
function pair({ spec, node, change, facts = {} }: Sample, provider: Provider) {
  const read = (edit: Sample['change']) => {
    const cluster = clusterOf(edit(textOf(spec)))
    const wanting: Wanting = (at) => provider.compile(cluster, { ...at.facts(), ...facts })
    const compiled = provider.compile(cluster, { ...offlineFacts(cluster, node), ...facts })
    return { cluster, node, compiled, wanting }
  }
  return { a: read((text) => text), b: read(change) }
}

/** At most so many passes until a pass plans nothing; the last of them must be without any failure. */
async function converge(at: Bench, wanting: Wanting, passesMax: number): Promise<void> {
  for (let passes = 1; passes <= passesMax; passes++) {
    const compiled = wanting(at)
    const bad = await applyAll(at, compiled, (await at.look(compiled)).plan)
    if (passes === passesMax) assert.deepEqual(bad, [])
  }
  assert.deepEqual(stepsOf((await at.look(wanting(at))).plan), [])
}
