// hactl import: hand-written files of a cluster's hosts to one spec, and what became of every line.
import { type Command, InvalidArgumentError } from 'commander'
import { KINDS } from '../../spec/import/types.ts'
import { isName } from '../../spec/import/words.ts'
import type { Io } from '../io.ts'

export type ImportFlags = {
  readonly address?: Readonly<Record<string, string>>
  readonly kind?: Readonly<Record<string, string>>
  readonly cluster: string
  readonly out?: string
  readonly report?: string
  readonly summary?: boolean
}

/** Repeatable NAME=VALUE. */
const pairs =
  (good: (name: string, value: string) => boolean, expected: string) =>
  (text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> => {
    const at = text.lastIndexOf('=')
    const [name, value] = [text.slice(0, Math.max(0, at)), text.slice(at + 1)]
    if (!good(name, value)) throw new InvalidArgumentError(`Expected ${expected}.`)
    return { ...before, [name]: value }
  }
const isKind = (file: string, kind: string) => file !== '' && KINDS.some((one) => one === kind)
const isAddress = (node: string, text: string) =>
  isName(node) && /^[0-9a-fA-F.:]{2,45}(?:\/[0-9]{1,3})?$/.test(text)

function cluster(text: string): string {
  if (isName(text)) return text
  throw new InvalidArgumentError('Expected a name: a-z, 0-9 and -, a letter first.')
}

export function addImport(program: Command, io: Io): void {
  program
    .command('import')
    .description('make a spec of hand-written haproxy, keepalived, nginx, NFS files')
    .argument(
      '<files...>',
      '[NODE=]FILE or directory, for instance lb1=a/haproxy.cfg lb2=b/haproxy.cfg lb1=/etc/nginx',
    )
    .option(
      '--address <node=address>',
      'where no file says it: lb1=192.0.2.11/24',
      pairs(isAddress, 'NODE=ADDRESS/PREFIX'),
    )
    .option(
      '--kind <file=kind>',
      `where its content does not tell: ${KINDS.join(', ')}`,
      pairs(isKind, `FILE=KIND, one of ${KINDS.join(', ')}`),
    )
    .option('--cluster <name>', 'name of the cluster', cluster, 'imported')
    .option('--out <file>', 'write the spec there instead of standard output')
    .option('--report <file>', 'write the fate of every line there')
    .option('--summary', 'instead of the spec: how much of each file is taken, and what to decide')
    .addHelpText(
      'after',
      `\nEvery line is modelled, kept (extra), replaced or not taken (both with why).
Exit codes: 0 the spec is valid; 1 valid, but a person must decide something;
3 it does not validate yet (it is written all the same). A file without NODE=
is of node lb1; files of one node may be named one by one, nodes in any order.`,
    )
    .action(async (files: string[], flags: ImportFlags) => {
      const { runImport } = await import('../import.ts')
      await runImport(io, files, flags)
    })
}
