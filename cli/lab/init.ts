// What PID 1 of a lab member does: a machine's file system of its own, then nothing but reaping.

/**
 * Arguments: name, disk directory, paths to keep visible. Prints `ready`.
 * /etc and /var/lib are copies on write, so that nothing the node writes reaches the host; the directories of the
 * disk lie over them and survive a power cut. Where the kernel has no overlay for us, links stand in for it.
 */
export const INIT = `set -eu
name=$1 disk=$2; shift 2
mount --make-rprivate /
hostname "$name" 2>/dev/null || echo "$name" > /proc/sys/kernel/hostname
mount -t tmpfs -o mode=755 lab /mnt
mkdir -p /mnt/disk /mnt/keep
mount --rbind "$disk" /mnt/disk
i=0
for path in "$@"; do
  if [ -d "$path" ]; then mkdir "/mnt/keep/$i"; else : > "/mnt/keep/$i"; fi
  mount --rbind "$path" "/mnt/keep/$i"
  i=$((i+1))
done
own() {
  mkdir -p "/mnt/up/$2" "/mnt/work/$2" "/mnt/low/$2"
  if ! mount -t overlay -o "lowerdir=$1,upperdir=/mnt/up/$2,workdir=/mnt/work/$2" lab "$1" 2>/dev/null; then
    mount --rbind "$1" "/mnt/low/$2"
    mount -t tmpfs -o mode=755 lab "$1"
    mkdir -p "$1/.lab"
    mount --rbind "/mnt/low/$2" "$1/.lab"
    for entry in "$1"/.lab/*; do
      if [ -L "$entry" ]; then cp -a "$entry" "$1/"; else ln -s "$entry" "$1/"; fi
    done
  fi
}
own /etc etc
own /var/lib lib
lay() {
  if [ -L "$2" ]; then rm "$2"; fi
  mkdir -p "$2"
  mount --bind "/mnt/disk/$1" "$2"
}
lay etc-hactl /etc/hactl
lay etc-haproxy /etc/haproxy
lay etc-keepalived /etc/keepalived
lay etc-nginx /etc/nginx
lay var-lib-hactl /var/lib/hactl
if [ ! -w /var/lib/haproxy ]; then rm -rf /var/lib/haproxy 2>/dev/null || true; fi
mkdir -p /var/lib/haproxy
if [ ! -w /var/lib/nginx ]; then rm -rf /var/lib/nginx 2>/dev/null || true; fi
mkdir -p /var/lib/nginx
read -r _ _ uids < /proc/self/uid_map
if [ "$uids" != 4294967295 ]; then
  # One uid is all we have: the users that daemons change to are the same one.
  for file in passwd group; do
    sed -E 's/^(haproxy|www-data|nginx|nobody|nogroup|keepalived_script):([^:]*):[0-9]+/\\1:\\2:0/; s/^(haproxy|www-data|nginx|nobody|keepalived_script):([^:]*):0:[0-9]+:/\\1:\\2:0:0:/' "/etc/$file" > "/mnt/$file"
    rm "/etc/$file"
    cp "/mnt/$file" "/etc/$file"
  done
fi
mount -t tmpfs -o mode=755 lab /run
mount -t tmpfs -o mode=1777 lab /tmp
mkdir -p /run/lock /run/haproxy /run/lab
i=0
for path in "$@"; do
  case $path in /run/*|/tmp/*|/var/run/*)
    if [ -d "/mnt/keep/$i" ]; then mkdir -p "$path"; else mkdir -p "\${path%/*}"; : > "$path"; fi
    mount --rbind "/mnt/keep/$i" "$path"
  esac
  i=$((i+1))
done
umount -l /mnt
mount -t sysfs sysfs /sys 2>/dev/null || true
trap '' TERM INT HUP USR1 USR2
echo ready
exec > /dev/null 2>&1
set +e
while :; do sleep infinity & wait $!; done
`

/** Init of the holders that only keep a network or user namespace: no file system, no reaping to speak of. */
export const HOLD = `trap '' TERM INT HUP
echo ready
exec > /dev/null 2>&1
while :; do sleep infinity & wait $!; done
`
