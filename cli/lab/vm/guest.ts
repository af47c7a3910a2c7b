// What runs inside a VM for us: mounts of the host's folders, its network, and the end of the command channel.

/** Where the folder of this VM on the host is seen inside. */
export const HOST = '/host'
/** Start of the lines that the guest's end of the channel sends; see channel.ts. */
const CHANNEL_PATH = '/usr/local/sbin/hactl-vm-channel'

/**
 * The guest's end of the channel. perl-base is Essential in Debian, and a shell reads a tty one byte at a time.
 * Takes `Q id timeout-ms` (the script stands in HOST/cmd/id), answers `K id` at once and `A id code outlen errlen`
 * with the bytes of both when it has ended. 124: out of time, as timeout(1) says it.
 */
export const CHANNEL = `#!/usr/bin/perl
use strict; use warnings;
use POSIX qw(:sys_wait_h setsid); use Fcntl; use Time::HiRes qw(time);
my $limit = 8 * 1024 * 1024;
$ENV{PATH} = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
$ENV{HOME} = '/root'; $ENV{LANG} = 'C.UTF-8';
chdir '/';
sysopen(my $port, '/dev/ttyS1', O_RDWR | O_NOCTTY) or die "ttyS1: $!";
system('stty', '-F', '/dev/ttyS1', 'raw', '-echo', 'clocal');
fcntl($port, F_SETFL, O_RDWR | O_NONBLOCK);
pipe(my $wake, my $waker);
fcntl($_, F_SETFL, O_NONBLOCK) for $wake, $waker;
$SIG{CHLD} = sub { syswrite $waker, '.' };
my ($in, $out, %jobs) = ('', "HELLO\\n");
sub content { my $file = shift; seek $file, 0, 0; local $/ = \\$limit; my $text = <$file>; $text // '' }
sub begin {
  my ($id, $ms) = @_;
  $out .= "K $id\\n";
  open my $stdout, '+>', undef; open my $stderr, '+>', undef;
  my $pid = fork // die "fork: $!";
  if ($pid == 0) {
    setsid; $SIG{CHLD} = 'DEFAULT'; close $port;
    open STDIN, '<', '/dev/null'; open STDOUT, '>&', $stdout; open STDERR, '>&', $stderr;
    exec 'bash', "${HOST}/cmd/$id"; POSIX::_exit(127);
  }
  $jobs{$pid} = { id => $id, end => time + $ms / 1000, late => 0, files => [$stdout, $stderr] };
}
sub ended {
  my ($pid, $status) = @_;
  my $job = delete $jobs{$pid} // return;
  my $code = $job->{late} ? 124 : $status & 127 ? 128 + ($status & 127) : $status >> 8;
  my ($o, $e) = map { content($_) } @{ $job->{files} };
  $out .= "A $job->{id} $code " . length($o) . ' ' . length($e) . "\\n$o$e";
}
while (1) {
  my ($r, $w) = ('', '');
  vec($r, fileno $port, 1) = 1; vec($r, fileno $wake, 1) = 1;
  vec($w, fileno $port, 1) = 1 if length $out;
  my ($next) = sort { $a <=> $b } map { $_->{end} - time } values %jobs;
  select($r, $w, undef, defined $next ? ($next < 0.01 ? 0.01 : $next) : undef);
  sysread($wake, my $junk, 4096);
  while ((my $pid = waitpid(-1, WNOHANG)) > 0) { ended($pid, $?) }
  for my $pid (keys %jobs) {
    my $job = $jobs{$pid};
    next if time < $job->{end};
    kill $job->{late}++ ? 'KILL' : 'TERM', -$pid;
    $job->{end} = time + 1;
  }
  my $got = sysread($port, $in, 65536, length $in);
  select undef, undef, undef, 0.05 if defined $got && $got == 0;
  while ($in =~ s/^([^\\n]*)\\n//) { begin($1, $2) if $1 =~ /^Q (\\w+) (\\d+)$/ }
  if (length $out) { my $sent = syswrite($port, $out, 32768); substr($out, 0, $sent) = '' if $sent }
}
`

/** The kernel command line says which folder of the host is ours; boot.sh was left there for this start. */
const BOOT_PATH = '/usr/local/sbin/hactl-vm-boot'
const BOOT = `#!/bin/bash
set -e
share=$(sed -n 's/.*hshare=\\([^ ]*\\).*/\\1/p' /proc/cmdline)
mountpoint -q ${HOST} || mount -t hostfs none ${HOST} -o "$share"
. ${HOST}/boot.sh
`

/** Before sysinit.target: the host's folder, then what the host left there for this boot. */
const BOOT_UNIT = `[Unit]
Description=Host folders of a test VM
DefaultDependencies=no
Before=sysinit.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=${BOOT_PATH}
[Install]
WantedBy=sysinit.target
`
const NETWORK_UNIT = `[Unit]
Description=Network of a test VM
After=hactl-vm-boot.service
Wants=network.target
Before=network.target network-online.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/bash ${HOST}/network.sh
[Install]
WantedBy=multi-user.target network-online.target
`
const CHANNEL_UNIT = `[Unit]
Description=Command channel of a test VM
DefaultDependencies=no
After=hactl-vm-boot.service systemd-journald.socket
Before=shutdown.target
[Service]
ExecStart=${CHANNEL_PATH}
StandardInput=null
KillMode=process
Restart=always
RestartSec=100ms
[Install]
WantedBy=sysinit.target
`
const MANAGER = `[Manager]
DefaultTimeoutStartSec=60s
DefaultTimeoutStopSec=15s
ShowStatus=no
`
const JOURNAL = `[Journal]
Storage=volatile
RuntimeMaxUse=32M
RateLimitIntervalSec=0
Audit=no
ReadKMsg=no
`

/** Files of ours in the image: path, mode, text. Part of the recipe. */
export const GUEST_FILES: readonly (readonly [string, number, string])[] = [
  [CHANNEL_PATH, 0o755, CHANNEL],
  [BOOT_PATH, 0o755, BOOT],
  ['/etc/systemd/system/hactl-vm-boot.service', 0o644, BOOT_UNIT],
  ['/etc/systemd/system/hactl-vm-network.service', 0o644, NETWORK_UNIT],
  ['/etc/systemd/system/hactl-vm-channel.service', 0o644, CHANNEL_UNIT],
  ['/etc/systemd/system.conf.d/vm.conf', 0o644, MANAGER],
  ['/etc/systemd/journald.conf.d/vm.conf', 0o644, JOURNAL],
  // Fixed: without one systemd takes every boot for the first and presets all units.
  ['/etc/machine-id', 0o444, '0123456789abcdef0123456789abcdef\n'],
  ['/etc/hostname', 0o644, 'vm\n'],
  ['/etc/hosts', 0o644, '127.0.0.1 localhost\n127.0.1.1 vm\n'],
  ['/etc/fstab', 0o644, ''],
  ['/etc/resolv.conf', 0o644, ''],
]
