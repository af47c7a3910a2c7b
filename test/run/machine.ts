// What the tests may not leave behind: network namespaces, links and mounts, seen before and after.
import { existsSync, readFileSync, readdirSync } from 'node:fs'

export type Machine = ReadonlySet<string>

const names = (directory: string): readonly string[] =>
  existsSync(directory) ? readdirSync(directory) : []

export function machine(): Machine {
  // mountinfo: "36 35 98:0 /root /mount/point options - type source options" (proc_pid_mountinfo(5))
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').trimEnd().split('\n')
  return new Set([
    ...names('/run/netns').map((name) => `namespace ${name}`),
    ...names('/sys/class/net').map((name) => `link ${name}`),
    ...mounts.map((line) => `mount ${line.split(' ')[4]}`),
  ])
}

/** What is there now and was not before, and what is gone. */
export const changes = (before: Machine, after: Machine): readonly string[] => [
  ...[...after].filter((thing) => !before.has(thing)).map((thing) => `left behind: ${thing}`),
  ...[...before].filter((thing) => !after.has(thing)).map((thing) => `gone: ${thing}`),
]
