// hactl push: validate, show what changes, send, and follow until every node has proved it.
import { type Command, InvalidArgumentError, Option } from 'commander'
import { confirmTime, duration, type HubFlags, withHub } from '../flags.ts'
import { EXIT, Exit } from '../exit.ts'
import type { Io } from '../io.ts'
import type { GitPlace } from '../push-git.ts'
import type { SendFlags } from '../send.ts'

type Flags = HubFlags & SendFlags & { readonly git?: GitPlace; readonly plan?: string }

export const withSend = (command: Command): Command =>
  withHub(command)
    .option('--note <text>', 'why, kept with the revision')
    .option('--sign [key]', 'sign what is sent (key: else as hactl sign)')
    .option('--allow-blink', 'accept that a vip may blink or be held twice')
    .option('--allow-removals', 'accept more removals than the spec allows')
    .option('--allow-empty', 'accept pools that lose their last server')
    .option('--allow-missing', 'do not fail for nodes without an agent')
    .addOption(
      new Option('--confirm <time>', 'nodes go back unless hactl confirm comes in time').argParser(
        confirmTime,
      ),
    )
    .option('--no-wait', 'do not follow')
    .addOption(
      new Option('--timeout <time>', 'how long to follow')
        .argParser(duration)
        .default(60_000, '60s'),
    )

/** 'origin#main:eu/spec.json': branch and path may be left out. */
export function gitPlace(text: string): GitPlace {
  const found = /^([^#]+)(?:#([A-Za-z0-9_./+-]*)(?::([A-Za-z0-9_@+-][A-Za-z0-9_./@+-]*))?)?$/.exec(
    text,
  )
  const [, remote, branch = '', path = 'spec.json'] = found ?? []
  if (remote === undefined || path.split('/').some((part) => /^\.{0,2}$/.test(part)))
    throw new InvalidArgumentError('Expected remote#branch:path, as origin#main:spec.json.')
  return { remote, path, ...(branch === '' ? {} : { branch }) }
}

export function addPush(program: Command, io: Io): void {
  withSend(
    program
      .command('push')
      .description('send a spec (- for standard input), follow until every node proved it')
      .argument('[file]'),
  )
    .addOption(
      new Option('--git <remote#branch:path>', 'commit it to a repository, no hub')
        .argParser(gitPlace)
        .conflicts('confirm'),
    )
    .option('--plan <file>', 'only while all is as it was for hactl plan --out')
    .action(async (named: string | undefined, { plan: planned, ...flags }: Flags) => {
      const { readPlan } = await import('../plan-file.ts')
      const plan = planned === undefined ? undefined : await readPlan(io, planned)
      const file = named ?? plan?.file
      if (file === undefined)
        throw new Exit(EXIT.usage, "missing required argument 'file'", '--help shows how')
      const { git } = flags
      if (git !== undefined) {
        const { pushGit } = await import('../push-git.ts')
        return pushGit(io, file, { ...flags, git, plan })
      }
      const { push } = await import('../push.ts')
      return push(io, file, { ...flags, plan })
    })
}
