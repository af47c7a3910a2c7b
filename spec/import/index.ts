// Files of a hand-made cluster to one spec, with the fate of every directive.
import { checkSpec } from '../check.ts'
import type { Diagnostic } from '../diagnostic.ts'
import { importHaproxy } from './haproxy.ts'
import { todayOf } from './haproxy-keys.ts'
import { haproxyLines, withConditions } from './haproxy-text.ts'
import { importKeepalived } from './keepalived.ts'
import { placeKept } from './keepalived-keep.ts'
import { placePeers } from './keepalived-node.ts'
import { keepalivedLines } from './keepalived-text.ts'
import { kindOf } from './kind.ts'
import { newLedger } from './ledger.ts'
import { joinHosts, placeProxies } from './merge.ts'
import { importExports, importFstab, plainLines } from './nfs.ts'
import { importNginx } from './nginx.ts'
import { withIncludes } from './nginx-include.ts'
import { nginxTree } from './nginx-text.ts'
import type { Decision, Directive, Entry, Import, Kind, Sections, SourceFile } from './types.ts'

export type Imported = {
  /** The spec, pretty JSON with a newline at its end; it may not be valid yet. */
  readonly text: string
  readonly report: readonly Entry[]
  /** What a person must decide, apart from what the diagnostics say. */
  readonly decisions: readonly Decision[]
  /** Of the text; without an error the spec can be pushed. */
  readonly diagnostics: readonly Diagnostic[]
}
export type ImportOptions = {
  readonly cluster: string
  /** Address with prefix by node, where no file says it. */
  readonly addresses: Readonly<Record<string, string>>
}

type Reader = {
  readonly directives: readonly Directive[]
  readonly run: (imp: Import) => undefined
}
/** Programs whose files are parts of one configuration. */
const WHOLE: readonly Kind[] = ['haproxy', 'keepalived', 'nginx']

/** Reads a file into its directives, and says how to translate them. */
const READERS: Readonly<Record<Kind, (file: SourceFile, more: readonly SourceFile[]) => Reader>> = {
  haproxy: ({ node, ...first }, more) => {
    const read = [first, ...more].flatMap(({ text, name }) =>
      withConditions(haproxyLines(text, name)),
    )
    const lines = read.map((line) => {
      const today = todayOf(line)
      return today === undefined || today === 'gone' ? line : { ...line, ...today }
    })
    return { directives: lines, run: (imp) => importHaproxy(lines, node, imp) }
  },
  keepalived: ({ node, ...first }, more) => {
    const sources = [first, ...more].flatMap(({ text, name }) => keepalivedLines(text, name))
    const directives = sources.flatMap(({ directive }) =>
      directive.text === '' ? [] : [directive],
    )
    return { directives, run: (imp) => importKeepalived(sources, node, imp) }
  },
  nginx: ({ node, ...first }, more) => {
    const files = [first, ...more].map(({ text, ...file }) => ({
      ...file,
      ...nginxTree(text, file.name),
    }))
    const whole = withIncludes(files)
    return {
      directives: files.flatMap(({ name, all }) => (whole.read.has(name) ? all : [])),
      run: (imp) => importNginx(whole, node, imp),
    }
  },
  exports: ({ text, name, node }) => {
    const lines = plainLines(text, name)
    return { directives: lines, run: (imp) => importExports(lines, node, imp) }
  },
  fstab: ({ text, name, node }) => {
    const lines = plainLines(text, name)
    return { directives: lines, run: (imp) => importFstab(lines, node, imp) }
  },
}

/** Names come from the files: a map without a prototype has no member of its own. */
const map = () => Object.create(null)
const empty = (): Sections => ({
  nodes: map(),
  vips: map(),
  proxies: map(),
  pools: map(),
  verbatim: map(),
  lvs: map(),
  exports: map(),
  mounts: map(),
  kept: map(),
  unicast: [],
})

/** Never throws on any text. Proxies of several hosts that are the same become one. */
export function importFiles(files: readonly SourceFile[], options: ImportOptions): Imported {
  const ledger = newLedger()
  const sections = empty()
  const kinds = files.map((file) => file.kind ?? kindOf(file.name, file.text))
  for (const [at, file] of files.entries()) {
    const kind = kinds[at] ?? 'haproxy'
    const isPart = (other: number) =>
      WHOLE.includes(kind) && kinds[other] === kind && files[other]?.node === file.node
    if (files.slice(0, at).some((_, other) => isPart(other))) continue
    const more = files.filter((_, other) => other > at && isPart(other))
    const { directives, run } = READERS[kind](file, more)
    ledger.enter(directives)
    const known = new Set(directives)
    // Sections of a proxy are read alone first: two hosts seldom have the very same file.
    const alone = kind === 'haproxy' || kind === 'nginx'
    const own = alone ? empty() : sections
    const say: Import['say'] = (directive, fate, why) => {
      if (known.has(directive)) ledger.say(directive, fate, why)
    }
    run({ sections: own, kinds: new Set(kinds), say, decide: ledger.decide })
    if (alone) joinHosts(sections, own, file.node, ledger.decide)
    // A file with conditions for several hosts brings nodes of its own.
    if (alone || kind !== 'keepalived' || Object.keys(sections.nodes).length === 0)
      sections.nodes[file.node] ??= {}
  }
  for (const [name, node] of Object.entries(sections.nodes)) {
    const address = options.addresses[name]
    if (address !== undefined) node.address = address
  }
  placePeers(sections, ledger.decide)
  placeKept(sections)
  placeProxies(sections)
  for (const [name, node] of Object.entries(sections.nodes)) {
    if (node.address === undefined)
      ledger.decide(
        `/nodes/${name}/address`,
        `no file says the address of ${name}: give --address ${name}=ADDRESS/PREFIX`,
      )
  }
  const { report, decisions } = ledger.close()
  const text = `${JSON.stringify(specOf(sections, options.cluster), null, 2)}\n`
  return { text, report, decisions, diagnostics: checkSpec(text).diagnostics }
}

/** Without empty sections. */
function specOf(sections: Sections, cluster: string) {
  const { nodes, kept: _kept, unicast: _unicast, ...rest } = sections
  const full = Object.entries(rest).filter(([, value]) => Object.keys(value).length > 0)
  return { version: 1, cluster, nodes, ...Object.fromEntries(full) }
}
