// Addresses, interfaces and kernel settings: `ip` from iproute2 and /proc/sys.
import { readFile, writeFile } from 'node:fs/promises'
import type { Exec, KernelAddress } from '../world.ts'
import { type Links, parseLinks } from './facts/addresses.ts'
import { codeOf, HostError } from './host-error.ts'

const IP_TIMEOUT_MS = 5_000
export type Run = (argv: readonly string[], timeoutMs: number) => Promise<Exec>

/** HostError when ip fails or prints something else: never an empty list that would look like "no address". */
export async function readLinks(run: Run): Promise<Links> {
  const doing = 'read the addresses'
  const result = await run(['ip', '-j', 'addr'], IP_TIMEOUT_MS)
  if (result.code !== 0) throw new HostError(doing, new Error(result.stderr.trim()))
  try {
    return parseLinks(result.stdout)
  } catch (error) {
    throw new HostError(doing, error)
  }
}

/** A vip on the loopback has scope host, so that nothing chooses it as a source for other machines. */
export async function addAddress(run: Run, at: KernelAddress): Promise<void> {
  const prefixed = `${at.address}/${at.prefix}`
  const scope = at.interface === 'lo' ? ['scope', 'host'] : []
  const argv = ['ip', 'addr', 'add', prefixed, 'dev', at.interface, ...scope]
  const result = await run(argv, IP_TIMEOUT_MS)
  // EEXIST; iproute2 from 6.3 on says "Address already assigned" instead.
  if (result.code === 0 || /File exists|already assigned/.test(result.stderr)) return
  throw new HostError(`add address ${prefixed}`, new Error(result.stderr.trim()))
}

/** No error when the address is already gone (EADDRNOTAVAIL) or the interface is. */
export async function removeAddress(run: Run, at: KernelAddress): Promise<void> {
  const prefixed = `${at.address}/${at.prefix}`
  const result = await run(['ip', 'addr', 'del', prefixed, 'dev', at.interface], IP_TIMEOUT_MS)
  if (result.code === 0) return
  if (/Cannot assign requested address|Cannot find device/.test(result.stderr)) return
  throw new HostError(`remove address ${prefixed}`, new Error(result.stderr.trim()))
}

/**
 * Path of a key below /proc/sys. A slash stands for a dot within a name, as in sysctl(8):
 * `net.ipv4.conf.eth0/100.rp_filter`; the plain `net.ipv4.conf.eth0.100.rp_filter` means the same,
 * because there is exactly one name between `conf` or `neigh` and the setting. undefined for a key that would leave /proc/sys.
 */
export function sysctlPath(key: string): string | undefined {
  const parts = key.split('.')
  const perInterface = /^net\.ipv[46]\.(conf|neigh)\./.test(key) && parts.length > 5
  const names = perInterface
    ? [...parts.slice(0, 3), parts.slice(3, -1).join('.'), ...parts.slice(-1)]
    : parts
  const segments = names.map((name) => name.replaceAll('/', '.'))
  const valid = segments.every((s) => /^[A-Za-z0-9_.:@-]+$/.test(s) && !/^\.+$/.test(s))
  return valid ? `/proc/sys/${segments.join('/')}` : undefined
}

/** Trimmed; fields are separated by one space each. undefined where the key does not exist. */
export async function readSysctl(key: string): Promise<string | undefined> {
  const path = sysctlPath(key)
  if (path === undefined) return undefined
  try {
    return (await readFile(path, 'utf8')).trim().replace(/\s+/g, ' ')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw new HostError(`read sysctl ${key}`, error)
  }
}

export async function writeSysctl(key: string, value: string): Promise<void> {
  const doing = `set sysctl ${key}=${value}`
  const path = sysctlPath(key)
  if (path === undefined) throw new HostError(doing, new Error('it is not a key'))
  try {
    await writeFile(path, `${value}\n`, { flag: 'r+' })
  } catch (error) {
    throw new HostError(doing, error)
  }
}
