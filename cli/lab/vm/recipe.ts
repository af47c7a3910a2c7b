// What a VM image is made of. The image is cached under the hash of this: a change here builds a new one.
import { createHash } from 'node:crypto'
import { GUEST_FILES } from './guest.ts'

/** 'base': balancers, NFS, IPVS. 'wordpress': the same with Apache, PHP, MariaDB and WordPress itself. */
export type Layer = 'base' | 'wordpress'
export const LAYERS: readonly Layer[] = ['base', 'wordpress']

/** Release inside the VM. */
export const GUEST_SUITE = 'bookworm'
/**
 * Kernels in order of choice. The newer one runs guest processes under seccomp (3 to 8 times faster than by ptrace) but
 * wants a newer libc than the machine may have, so its own is laid beside it.
 */
export const KERNELS = [
  { suite: 'forky', libc: true, append: ['seccomp=on'] },
  { suite: 'bookworm', libc: false, append: [] },
] as const

const BASE = [
  ...[
    'systemd-sysv',
    'dbus',
    'kmod',
    'iproute2',
    'iputils-ping',
    'iputils-arping',
    'procps',
    'psmisc',
  ],
  ...[
    'keepalived',
    'haproxy',
    'nginx-light',
    'ipvsadm',
    'ipset',
    'nfs-kernel-server',
    'nfs-common',
  ],
  ...[
    'rsyslog',
    'nftables',
    'curl',
    'netcat-openbsd',
    'tcpdump',
    'python3-minimal',
    'libstdc++6',
    'ca-certificates',
  ],
]
const WORDPRESS = [
  ...[
    'apache2',
    'libapache2-mod-php',
    'php-mysql',
    'php-gd',
    'php-xml',
    'php-curl',
    'mariadb-server',
    'wordpress',
    // A theme that PHP draws: the package has none of its own.
    'wordpress-theme-twentytwentyone',
  ],
]
export const packagesOf = (layer: Layer): readonly string[] =>
  layer === 'base' ? BASE : [...BASE, ...WORDPRESS]

/** Apparent size of the disk; it is sparse. */
export const DISK_SIZE: Readonly<Record<Layer, string>> = { base: '1200M', wordpress: '2400M' }

/** Of the kernel's modules: what a node may need. The rest is drivers for machines that this is not. */
export const MODULE_FOLDERS = [
  ...['kernel/net', 'kernel/lib', 'kernel/crypto', 'kernel/drivers/net', 'kernel/drivers/block'],
  ...['nfs', 'nfsd', 'nfs_common', 'lockd', 'overlayfs', 'netfs', 'autofs', 'fuse'].map(
    (fs) => `kernel/fs/${fs}`,
  ),
]

/** Masked: they cost seconds at every boot and find nothing here (no udev devices, no consoles, no logins). */
const MASKED = [
  ...[
    'systemd-udevd.service',
    'systemd-udev-trigger.service',
    'systemd-udevd-kernel.socket',
    'systemd-udevd-control.socket',
  ],
  ...[
    'systemd-random-seed.service',
    'systemd-update-utmp.service',
    'systemd-update-utmp-runlevel.service',
  ],
  ...[
    'systemd-journal-flush.service',
    'systemd-firstboot.service',
    'systemd-repart.service',
    'systemd-machine-id-commit.service',
  ],
  ...[
    'systemd-pcrphase.service',
    'systemd-pcrphase-sysinit.service',
    'systemd-sysusers.service',
    'systemd-binfmt.service',
  ],
  ...[
    'proc-sys-fs-binfmt_misc.automount',
    'sys-kernel-debug.mount',
    'sys-kernel-tracing.mount',
    'sys-fs-fuse-connections.mount',
  ],
  ...[
    'sys-kernel-config.mount',
    'dev-hugepages.mount',
    'dev-mqueue.mount',
    'systemd-ask-password-wall.path',
  ],
  ...[
    'systemd-ask-password-console.path',
    'systemd-initctl.socket',
    'getty.target',
    'systemd-logind.service',
  ],
  ...[
    'systemd-tmpfiles-clean.timer',
    'systemd-journald-audit.socket',
    'ldconfig.service',
    'e2scrub_reap.service',
  ],
  ...['systemd-remount-fs.service'],
]
/**
 * Enabled by their packages; here a test says what runs. haproxy and keepalived stay as the packages left them: enabled,
 * as an agent finds them on a real machine.
 */
const DISABLED = [
  ...[
    'nginx.service',
    'nfs-server.service',
    'rpcbind.service',
    'rpcbind.socket',
    'nfs-blkmap.service',
  ],
  ...['rsyslog.service', 'nftables.service', 'apache2.service', 'mariadb.service'],
  ...[
    'apache-htcacheclean.service',
    'systemd-pstore.service',
    'ipvsadm.service',
    'phpsessionclean.timer',
  ],
  ...[
    'apt-daily.timer',
    'apt-daily-upgrade.timer',
    'dpkg-db-backup.timer',
    'e2scrub_all.timer',
    'fstrim.timer',
    'logrotate.timer',
  ],
]

/** Run by bash with the root folder as $1, after the packages and our files are there. */
export const PREPARE = `set -eu
root=$1
units=$root/etc/systemd/system
for unit in ${DISABLED.join(' ')}; do
  find "$units" -type l -path '*.wants/*' -name "$unit" -delete
done
for unit in ${MASKED.join(' ')}; do ln -sf /dev/null "$units/$unit"; done
for unit in hactl-vm-boot hactl-vm-channel; do
  mkdir -p "$units/sysinit.target.wants"
  ln -sf "../$unit.service" "$units/sysinit.target.wants/$unit.service"
done
for target in multi-user network-online; do
  mkdir -p "$units/$target.target.wants"
  ln -sf ../hactl-vm-network.service "$units/$target.target.wants/hactl-vm-network.service"
done
# sysv scripts of packages would start them all the same
for name in ipvsadm; do rm -f "$root"/etc/rc?.d/S??"$name"; done
rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/*
mkdir -p "$root/host" "$root/opt/hactl"
ln -sf /opt/hactl/hactl "$root/usr/local/bin/hactl"
`

/** 16 hex digits: same recipe, same image. Packages move on within a suite; what is built stays until the recipe changes. */
export function recipeHash(layer: Layer): string {
  const parts = [
    GUEST_FILES,
    GUEST_SUITE,
    KERNELS,
    packagesOf(layer),
    DISK_SIZE[layer],
    MODULE_FOLDERS,
    PREPARE,
    'build 1',
  ]
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16)
}
