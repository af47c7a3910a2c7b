// The manual page hactl(1), made from the command line itself. Pure; man(7) macros, as every man reads them.
import { allOf, type CommandNode } from '../completion/tree.ts'
import { EXIT } from '../exit.ts'

/** Text that roff must not read: its escape character, hyphens that are typed, and lines that would be requests. */
export const roff = (text: string): string =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/gm, '\\&$1')

const EXIT_TEXT: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: 'It is done, or it is so.',
  no: 'It is not so: rolled back, not converged, warnings with \\-\\-strict.',
  usage: 'The command line or a file it names cannot be used.',
  invalid: 'The spec or the configuration is not valid.',
  refused: 'The hub or the agent refuses.',
  unreachable: 'The hub cannot be reached.',
  conflict: 'Somebody else has pushed meanwhile.',
  faults: 'hactl doctor found an error; warnings alone are 1.',
  bug: 'A bug of hactl.',
}

const ENVIRONMENT = [
  ['HACTL_HUB', 'Address of the hub, where \\-\\-hub is not given.'],
  ['HACTL_HUB_CA', 'File with the CA that the hub is believed by, where \\-\\-ca is not given.'],
  ['HACTL_TOKEN', 'Token for the hub, where neither \\-\\-token nor \\-\\-token\\-file is given.'],
  ['HACTL_DEBUG', 'With 1, errors show where in the program they come from.'],
  ['HACTL_RT', 'EL7 file only: where it unpacks itself, else /var/lib/hactl/rt for root.'],
  ['NO_COLOR', 'With any text, output has no colours.'],
] as const

const FILES = [
  [
    '/etc/hactl/agent.json',
    'Configuration of the agent; agent.json.example beside it explains it.',
  ],
  ['/etc/hactl/hub.env', 'HACTL_HUB_FLAGS for hactl\\-hub.service.'],
  [
    '/var/lib/hactl',
    'What the agent must not lose: specs, and the files that last proved to load.',
  ],
  ['/var/lib/hactl\\-hub', 'What the hub must not lose; tokens.json holds its tokens.'],
  ['/run/hactl', 'Sockets and pid files.'],
] as const

const entry = (head: string, text: string): string => `.TP\n.B ${head}\n${text}`

function section(node: CommandNode): string {
  const operands = node.operands.map((o) => ` \\fI${roff(o.text)}\\fR`).join('')
  const options = node.options.map((o) => entry(roff(o.flags), roff(o.about)))
  return [
    `.SS "${roff(node.path.join(' '))}"`,
    `.B ${roff(node.path.join(' '))}`,
    `[options]${operands}`,
    '.PP',
    `${roff(sentence(node.about))}`,
    ...options,
  ].join('\n')
}

const sentence = (text: string): string =>
  `${text.slice(0, 1).toUpperCase()}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`

/** @param date ISO day of the release, 2026-11-21 */
export function manPage(root: CommandNode, version: string, date: string): string {
  const leaves = allOf(root).filter((node) => node !== root && node.path.at(-1) !== 'help')
  return `${[
    `.TH HACTL 1 "${roff(date)}" "hactl ${roff(version)}" "User Commands"`,
    '.SH NAME',
    'hactl \\- high availability for load balancers: one JSON spec per cluster',
    '.SH SYNOPSIS',
    '.B hactl\n.I command\n[options] [operands]',
    '.SH DESCRIPTION',
    'One JSON document, the spec, says what a cluster of load balancers does.',
    '.B hactl agent',
    'on every node drives haproxy, keepalived and systemd until the node is as the spec says,',
    'and goes back to what last proved to load when it cannot.',
    '.B hactl hub',
    'keeps specs and shows the cluster; nothing on the data plane needs it.',
    '.SH COMMANDS',
    ...leaves.map(section),
    '.SH FILES',
    ...FILES.map(([path, text]) => entry(path, text)),
    '.SH ENVIRONMENT',
    ...ENVIRONMENT.map(([name, text]) => entry(name, text)),
    '.SH EXIT STATUS',
    ...Object.entries(EXIT_TEXT).map(([name, text]) =>
      entry(String(Object.entries(EXIT).find(([key]) => key === name)?.[1]), text),
    ),
    '.SH COMPLETION',
    '.B hactl completion',
    'bash, zsh or fish prints a script for that shell; packages bring them along.',
    '.SH SEE ALSO',
    '.BR haproxy (1),\n.BR keepalived (8),\n.BR systemd (1)',
  ].join('\n')}\n`
}
