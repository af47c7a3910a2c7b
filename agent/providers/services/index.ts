// Services of a node that are not the proxy: packages, configuration files, units. Turns the spec into wants, nothing else.
import type {
  Cluster,
  ClusterFile,
  ClusterMount,
  ClusterPackages,
  ClusterService,
} from '../../../spec/cluster.ts'
import type { Facts, Provider, Want, WantFile, WantPackages, WantUnit } from '../../plan/types.ts'

export const services = {
  name: 'services',
  compile(cluster: Cluster, facts: Facts) {
    const mine = cluster.services.filter((one) => one.nodes.includes(facts.node))
    const packages = [
      ...cluster.packages,
      // A service that is left out needs no program: a lab's node could not fetch it, and would never get to its proxy.
      ...(facts.supervisor === 'systemd' ? mine : []).map(({ name, nodes, packages: names }) => ({
        ...{ name, nodes, names },
      })),
    ].filter((one) => one.nodes.includes(facts.node))
    const asked = packages.filter(({ names }) => names.apt.length + names.dnf.length > 0)
    const wants: Want[] = asked.flatMap((one) => packagesOf(one, facts))
    const notes = asked.flatMap((one) => missingNames(one, facts))
    if (facts.supervisor !== 'systemd') {
      const left = mine.map((one) => `service ${one.name}: left out, systemd does not run here`)
      return { wants, notes: [...notes, ...left] }
    }
    const units = mine.map((one) => unitOf(one, cluster.mounts, facts))
    return { wants: [...wants, ...units], notes: [...notes, ...missingGroups(mine, facts)] }
  },
} satisfies Provider

function packagesOf({ name, names }: ClusterPackages, facts: Facts): readonly WantPackages[] {
  if (facts.packager === 'none') return []
  const wanted = names[facts.packager]
  return wanted.length === 0 ? [] : [{ kind: 'packages', name, names: wanted }]
}

function missingNames({ name, names }: ClusterPackages, facts: Facts): readonly string[] {
  if (facts.packager === 'none') return [`packages ${name}: left out, no apt-get or dnf here`]
  if (names[facts.packager].length > 0) return []
  return [`packages ${name}: left out, the spec names none for ${facts.packager}`]
}

/** The package that brings a group may not be there yet: until then its files are for root alone. */
const missingGroups = (services: readonly ClusterService[], { groups }: Facts): readonly string[] =>
  services.flatMap(({ name, files }) =>
    files.flatMap(({ path, group }) =>
      group === undefined || groups?.[group] !== undefined
        ? []
        : [`service ${name}: ${path} is for root alone, there is no group ${group} yet`],
    ),
  )

function fileOf({ path, body, mode, group }: ClusterFile, { groups }: Facts): WantFile {
  const gid = group === undefined ? undefined : (groups?.[group] ?? 0)
  return { path, body, mode, ...(gid === undefined ? {} : { gid }) }
}

function unitOf(service: ClusterService, mounts: readonly ClusterMount[], facts: Facts): WantUnit {
  const check = checkOf(service)
  return {
    kind: 'unit',
    unit: service.unit,
    state: service.state,
    boot: service.boot && service.state === 'running',
    change: service.change,
    files: [...service.files.map((file) => fileOf(file, facts)), ...dropIn(service, mounts)],
    ...(check === undefined ? {} : { check }),
    why: `service ${service.name}`,
  }
}

/** systemd starts it after its mounts and not without them (systemd.unit(5), RequiresMountsFor=). */
function dropIn(service: ClusterService, mounts: readonly ClusterMount[]): readonly WantFile[] {
  const paths = service.after.flatMap((name) => mounts.find((m) => m.name === name)?.path ?? [])
  if (paths.length === 0) return []
  return [
    {
      path: `/etc/systemd/system/${service.unit}.d/50-hactl.conf`,
      body: `# Written by hactl; changes are overwritten.\n[Unit]\nRequiresMountsFor=${paths.join(' ')}\n`,
      mode: 0o644,
    },
  ]
}

/** Each reads the files where they stand, so it runs after they are written and before anything is loaded. */
function checkOf({ check, unit }: ClusterService): readonly string[] | undefined {
  switch (check) {
    case 'apache':
      return ['apachectl', 'configtest']
    case 'nginx':
      return ['nginx', '-t']
    case 'sshd':
      return ['sshd', '-t']
    case 'named':
      return ['named-checkconf', '-z']
    case 'php-fpm':
      // Debian calls the program of php8.2-fpm.service php-fpm8.2; EL has one php-fpm.
      return [`php-fpm${/^php(\d+\.\d+)-fpm/.exec(unit)?.[1] ?? ''}`, '-t']
    case undefined:
      return undefined
  }
}
