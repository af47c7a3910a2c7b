// Services, packages, kernel settings, firewall, SELinux in normal form.
import type { Cluster, PackageNames } from './cluster.ts'
import { entries } from './maps.ts'
import { referencesIn } from './secrets.ts'
import type { Spec } from './schema.ts'
import type { Service } from './services.ts'

type Host = Pick<Cluster, 'services' | 'packages' | 'sysctl' | 'modules' | 'firewall' | 'selinux'>

/** Needs a checked spec. Every default of spec/services.ts has its home here. */
export function resolveHost(spec: Spec): Host {
  const every = Object.keys(spec.nodes).sort()
  const on = (nodes: readonly string[] | undefined) =>
    nodes === undefined ? every : [...nodes].sort()
  return {
    services: entries(spec.services).map(([name, service]) => ({
      name,
      nodes: on(service.nodes),
      unit: service.unit,
      state: service.state ?? 'running',
      boot: service.boot ?? true,
      change: service.change ?? 'reload',
      ...(service.check !== undefined && { check: service.check }),
      packages: packagesOf(service.packages),
      files: filesOf(service),
      after: service.after ?? [],
    })),
    packages: entries(spec.packages).map(([name, one]) => ({
      name,
      nodes: on(one.nodes),
      names: packagesOf(one),
    })),
    sysctl: entries(spec.sysctl).map(([key, { nodes, value }]) => ({
      key,
      nodes: on(nodes),
      value,
    })),
    modules: entries(spec.modules).map(([name, { nodes }]) => ({ name, nodes: on(nodes) })),
    firewall: {
      manage: spec.firewall?.manage ?? 'open',
      allow: entries(spec.firewall?.allow).map(([name, one]) => ({
        name,
        nodes: on(one.nodes),
        port: one.port,
        protocol: one.protocol ?? 'tcp',
        from: [...(one.from ?? [])].sort(),
      })),
    },
    selinux: {
      manage: spec.selinux?.manage ?? 'set',
      booleans: Object.fromEntries(entries(spec.selinux?.booleans)),
    },
  }
}

const packagesOf = (
  names: { readonly apt?: readonly string[]; readonly dnf?: readonly string[] } | undefined,
): PackageNames => ({ apt: names?.apt ?? [], dnf: names?.dnf ?? [] })

/** What holds a secret is for root alone, and the group that the spec names. */
const filesOf = (service: Service) =>
  entries(service.files).map(([path, file]) => {
    const body = file.lines.map((line) => `${line}\n`).join('')
    const { group } = file
    const alone = group === undefined ? '0600' : '0640'
    const mode = file.mode ?? (referencesIn(body).length > 0 ? alone : '0644')
    return {
      ...{ path, body, mode: Number.parseInt(mode, 8) },
      ...(group !== undefined && { group }),
    }
  })
