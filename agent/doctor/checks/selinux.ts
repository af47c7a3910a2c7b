// May haproxy use its ports where SELinux is enforced, and has SELinux denied the daemons something today?
import { error, info, warning } from '../finding.ts'
import { portsOf } from '../place.ts'
import type { Answers, Ask, Check, Finding, Patient } from '../types.ts'

const ENFORCE = '/sys/fs/selinux/enforce'
const GETSEBOOL = ['getsebool', 'haproxy_connect_any'] as const
const PORTS = ['semanage', 'port', '-l'] as const
const AUSEARCH = ['ausearch', '-m', 'avc', '-ts', 'today'] as const
const TIMEOUT_MS = 15_000
/** What haproxy_t may bind and connect to without haproxy_connect_any (selinux-policy, haproxy.te). */
const ALLOWED = ['http_port_t', 'http_cache_port_t']
const DAEMONS = ['haproxy', 'keepalived', 'nginx']
const TOOLS = 'policycoreutils-python-utils'

type Label = { readonly type: string; readonly from: number; readonly to: number }

/** `http_port_t   tcp   80, 81, 443, 8000-8010` */
export const parsePorts = (text: string): readonly Label[] =>
  text.split('\n').flatMap((line) => {
    const found = /^(\w+)\s+tcp\s+([\d,\s-]+)$/.exec(line.trimEnd())
    if (found === null) return []
    return (found[2] ?? '').split(',').map((part) => {
      const [from = '', to = from] = part.trim().split('-')
      return { type: found[1] ?? '', from: Number(from), to: Number(to) }
    })
  })

/** The narrowest range wins: 1024-32767 unreserved_port_t covers everything. */
export function labelOf(labels: readonly Label[], port: number): string | undefined {
  const fits = labels.filter((l) => port >= l.from && port <= l.to)
  return fits.toSorted((a, b) => a.to - a.from - (b.to - b.from))[0]?.type
}

const generic = (label: string | undefined): boolean =>
  label === undefined || /^(?:unreserved|reserved|ephemeral|hi_reserved|port)/.test(label)

/** Ports that haproxy binds here, and those of the servers that it speaks to. */
function wantedPorts(patient: Patient): readonly { readonly port: number; readonly for: string }[] {
  const { cluster, node } = patient
  const proxied = (cluster?.proxies ?? []).some((p) => p.nodes.includes(node))
  if (cluster === undefined || !proxied) return []
  const servers = cluster.pools.flatMap((pool) =>
    pool.servers.map((s) => ({ port: s.port, for: `server ${pool.name}/${s.name}` })),
  )
  const own = portsOf(patient).filter((p) => p.port !== patient.peerPort)
  const all = [...own, ...servers]
  return all.filter((p, i) => all.findIndex((q) => q.port === p.port) === i)
}

function ports(patient: Patient, answers: Answers): readonly Finding[] {
  const wanted = wantedPorts(patient)
  if (wanted.length === 0) return []
  const any = answers.run(...GETSEBOOL)
  if (/-->\s*on\b/.test(any?.out ?? '')) return []
  const listed = answers.run(...PORTS)
  if (listed?.code !== 0)
    return [
      info('selinux', {
        what: 'SELinux is enforced and semanage is missing: whether haproxy may use its ports is not known',
        why: 'a port without the right label is refused with "Permission denied"',
        fix: [`yum install -y ${TOOLS}`],
        hint: 'on EL7 the package is policycoreutils-python',
      }),
    ]
  const labels = parsePorts(listed.out)
  const wrong = wanted.flatMap(({ port, for: use }) => {
    const label = labelOf(labels, port)
    return label !== undefined && ALLOWED.includes(label) ? [] : [{ port, use, label }]
  })
  if (wrong.length === 0) return []
  // A label that another program relies on must not be taken away from it.
  const foreign = wrong.some(({ label }) => !generic(label))
  const names = wrong.map(({ port, use, label }) => `${port} (${use}, ${label ?? 'no label'})`)
  return [
    error('selinux', {
      what: `SELinux does not let haproxy use port ${names.join(', ')}`,
      why: 'haproxy does not start, or finds its servers down with "Permission denied"',
      fix: foreign
        ? ['setsebool -P haproxy_connect_any on']
        : wrong.map(({ port }) => `semanage port -a -t http_port_t -p tcp ${port}`),
      hint: foreign ? '' : 'or at once for every port: setsebool -P haproxy_connect_any on',
    }),
  ]
}

/** `type=AVC ... avc:  denied  { name_bind } for  pid=1 comm="haproxy" src=10086 ...` */
function denials(answers: Answers): readonly Finding[] {
  const text = answers.run(...AUSEARCH)?.out ?? ''
  const counts = new Map<string, number>()
  for (const [, what, name] of text.matchAll(
    /avc:\s+denied\s+\{ ([^}]+) \} for .*?comm="([^"]+)"/g,
  )) {
    if (name === undefined || !DAEMONS.includes(name)) continue
    const key = `${name} ${what}`
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return [...counts].map(([key, count]) => {
    const [name = '', ...what] = key.split(' ')
    return warning('selinux', {
      what: `SELinux denied ${name} { ${what.join(' ')} } ${count} times today`,
      why: 'what was denied does not work, and the daemon may not say so',
      hint: `ausearch -m avc -ts today -c ${name} | audit2why says which boolean or label is meant for it`,
    })
  })
}

export const selinux: Check = {
  name: 'selinux',
  cheap: true,
  asks: (patient) =>
    patient.facts.packager === 'apt'
      ? [{ ask: 'read', path: ENFORCE }]
      : [
          { ask: 'read', path: ENFORCE },
          ...[GETSEBOOL, PORTS, AUSEARCH].map(
            (argv): Ask => ({ ask: 'run', argv, timeoutMs: TIMEOUT_MS }),
          ),
        ],
  judge: (patient, answers) =>
    answers.read(ENFORCE)?.trim() === '1' ? [...ports(patient, answers), ...denials(answers)] : [],
}
