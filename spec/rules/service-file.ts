// HA062: a service's files stand where services have theirs, each written by one.
import { entries } from '../maps.ts'
import { error, type Rule } from './rule.ts'

/** Where distributions put the configuration and the content of services. */
const ETC = `apache2 httpd nginx php php-fpm.d php.d mysql my.cnf.d postgresql default sysconfig
  logrotate.d rsyslog.d wordpress tmpfiles.d`.split(/\s+/)
const ROOTS = [
  ...ETC.map((name) => `/etc/${name}/`),
  '/srv/',
  '/var/www/',
  '/usr/share/wordpress/',
  '/opt/',
]
/** What hactl itself writes below these roots. */
const OWNED = /\/hactl[^/]*$|^\/etc\/nginx\/nginx\.conf$/

type Written = {
  readonly name: string
  readonly path: string
  readonly nodes: readonly string[]
}

export const serviceFile: Rule = (spec) => {
  const all = entries(spec.services).flatMap(([name, service]) =>
    Object.keys(service.files ?? {}).map((path): Written => {
      return { name, path, nodes: service.nodes ?? Object.keys(spec.nodes) }
    }),
  )
  const nginx = entries(spec.proxies).some(([, proxy]) => proxy.engine === 'nginx')
  return all.flatMap((one, at) => {
    const [why, hint] = reasonOf(one, all.slice(0, at), nginx)
    if (why === undefined || hint === undefined) return []
    const keys = ['services', one.name, 'files', one.path]
    return [error('HA062', keys, `cannot write ${one.path}: ${why}`, hint)]
  })
}

function reasonOf(
  { path, nodes }: Written,
  before: readonly Written[],
  nginx: boolean,
): readonly string[] {
  const odd = path.split('/').some((part) => part === '.' || part === '..')
  if (odd || !ROOTS.some((root) => path.startsWith(root))) {
    return ['no service has its files there', `choose a place below ${ROOTS.join(', ')}`]
  }
  if (nginx && OWNED.test(path)) return ['hactl writes it', 'choose another name']
  const first = before.find(
    (other) => other.path === path && other.nodes.some((node) => nodes.includes(node)),
  )
  if (first === undefined) return []
  return [`service ${first.name} writes it on the same node`, 'let one service write it']
}
