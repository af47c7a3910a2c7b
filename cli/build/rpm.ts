// An .rpm: the staged tree and a spec file made for it, rpmbuild. Equal input gives equal bytes.
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { execa } from 'execa'
import type { ArchName } from './arches.ts'
import { changelogText, parseChangelog, rpmChangelog } from './changelog.ts'
import { type PackageFile, stage } from './contents.ts'

const RPM_TIMEOUT_MS = 300_000

export type RpmOptions = {
  readonly files: readonly PackageFile[]
  readonly version: string
  readonly arch: ArchName
  readonly el7: boolean
  readonly atMs: number
  /** Quick is for tests: 109 MB take 40 s with xz. */
  readonly quick?: boolean
  readonly out: string
}

const SCRIPTS = ['post', 'preun', 'postun', 'posttrans']

const scriptlet = (name: string): string =>
  `%${name}\n${readFileSync(join(import.meta.dirname, 'package/rpm', name), 'utf8').replaceAll('%', '%%')}`

function fileLine({ path, mode, body, config, doc }: PackageFile): string {
  const attr = `%attr(${mode.toString(8).padStart(4, '0')},root,root)`
  const kind = body === undefined ? '%dir ' : config ? '%config(noreplace) ' : doc ? '%doc ' : ''
  return `${kind}${attr} ${path}`
}

/** The spec file. EL7's rpm 4.11 reads xz and gzip payloads, not zstd. Pure but for the scriptlets it reads. */
export function rpmSpec(options: RpmOptions, tree: string): string {
  const scripts = options.el7 ? ['pre', ...SCRIPTS] : SCRIPTS
  return `# The executable holds its program behind the ELF image: stripped or changed after that, it crashes.
%global debug_package %{nil}
%global __os_install_post %{nil}
%global __strip /bin/true
%global _build_id_links none
%define _binary_payload ${options.quick ? 'w1.gzdio' : 'w7.xzdio'}
%define _source_filedigest_algorithm 8
%define _binary_filedigest_algorithm 8
%define use_source_date_epoch_as_buildtime 1
%define clamp_mtime_to_source_date_epoch 1
%define _buildhost reproducible
Name: hactl
Version: ${options.version}
Release: ${options.el7 ? '1.el7' : '1'}
Summary: High availability for ordinary load balancers
License: Apache-2.0
URL: https://hactl.example
Group: System Environment/Daemons
AutoProv: no
AutoReq: ${options.el7 ? 'no' : 'yes'}
${options.el7 ? 'Requires: systemd, shadow-utils\n' : ''}
%description
One JSON spec describes a cluster of load balancers. The agent on every node
drives haproxy, keepalived and systemd until the node is as the spec says, and
goes back to what last proved to load when it cannot. The hub keeps specs and
shows the cluster.

%install
cp -a ${tree}/. %{buildroot}/

${scripts.map(scriptlet).join('\n')}
%files
${options.files.map(fileLine).join('\n')}

%changelog
${rpmChangelog(parseChangelog(changelogText()))}
`
}

export async function makeRpm(options: RpmOptions): Promise<void> {
  const work = mkdtempSync(join(tmpdir(), 'hactl-rpm-'))
  try {
    const tree = join(work, 'tree')
    mkdirSync(tree)
    stage(options.files, tree, options.atMs)
    const spec = join(work, 'hactl.spec')
    writeFileSync(spec, rpmSpec(options, tree))
    const args = ['-bb', '--quiet', '--target', options.arch, '--define', `_topdir ${work}`, spec]
    const result = await execa('rpmbuild', args, {
      reject: false,
      timeout: RPM_TIMEOUT_MS,
      env: { SOURCE_DATE_EPOCH: String(Math.floor(options.atMs / 1000)) },
    })
    if (result.failed) throw new Error(`cannot build an rpm: ${result.stderr}`)
    const folder = join(work, 'RPMS', options.arch)
    const made = readdirSync(folder)[0]
    if (made === undefined) throw new Error('cannot build an rpm: rpmbuild made none')
    mkdirSync(dirname(options.out), { recursive: true })
    copyFileSync(join(folder, made), options.out)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}
