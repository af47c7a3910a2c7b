// hactl lab: the whole cluster of a spec on this machine, to break and to watch.
import type { Command } from 'commander'
import type { Io } from '../io.ts'

type At = { readonly root?: string; readonly lab?: string }

export function addLab(program: Command, io: Io): void {
  const lab = program.command('lab').description('run the whole cluster of a spec on this machine')
  // Options after the node of exec belong to the program that is run.
  lab.enablePositionalOptions()
  const verb = (words: string, what: string) =>
    lab
      .command(words)
      .description(what)
      .option('--lab <name>', 'which lab; its name is that of the cluster')
      .option('--root <dir>', 'the directory where it lives')
  const verbs = () => import('../lab/verbs.ts')
  verb('up <spec>', 'build it and wait until it serves')
    .option('--vm', 'every node a small machine with systemd, IPVS and NFS')
    .action(async (spec: string, at: At & { vm?: boolean }) => (await verbs()).up(io, spec, at))
  verb('down [name]', 'take it down, leave nothing')
    .option('--all', 'every lab of this user')
    .action(async (name: string | undefined, at: At & { all?: boolean }) =>
      (await verbs()).down(io, name, at),
    )
  verb('status', 'what runs, who holds each vip').action(async (at: At) =>
    (await verbs()).status(io, at),
  )
  verb('fail <node>', 'break it')
    .option('--power', 'power cut')
    .option('--link', 'cables pulled')
    .option('--proxy', 'haproxy or nginx killed')
    .option('--proxy-stuck', 'haproxy or nginx killed and unable to start')
    .option(
      '--partition',
      'peers do not see each other where the vip is; clients and second links see all',
    )
    .option('--agent', 'agent killed')
    .option('--hub', 'hub killed (node: hub)')
    .option('--slow', 'runs 20 of every 100 ms, as when it swaps')
    .option('--loss', 'a fifth of its packets is lost, each way')
    .action(async (node: string, flags: At & Record<string, unknown>) =>
      (await verbs()).fail(io, node, flags),
    )
  verb('heal [node]', 'undo what was broken').action(async (node: string | undefined, at: At) =>
    (await verbs()).heal(io, node, at),
  )
  verb('probe [url]', 'what a client sees, a request every 5 ms')
    .option('--seconds <n>', 'how long', '10')
    .action(async (url: string | undefined, flags: At & { seconds: string }) =>
      (await verbs()).probe(io, url, flags),
    )
  verb('exec <node> <argv...>', 'run a program on a node, or on client or hub')
    .passThroughOptions()
    .action(async (node: string, argv: string[], at: At) =>
      (await verbs()).exec(io, node, argv, at),
    )
  program
    .command('lab-inner', { hidden: true })
    .argument('<argv...>')
    .action(async (argv: string[]) => {
      const { inner } = await import('../lab/inner.ts')
      await inner(argv, io.out)
    })
}
