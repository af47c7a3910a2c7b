// Listening sockets in /proc/net/tcp and tcp6, proc_net(5): addresses are hexadecimal in host byte order.

export type Listener = { readonly address: string; readonly port: number; readonly inode: string }

const LISTEN = '0A'

/** 8 or 32 hexadecimal digits, each group of 4 bytes little-endian, as lower-case hexadecimal in network order. */
const networkOrder = (hex: string): string =>
  (hex.match(/.{8}/g) ?? [])
    .map((word) => (word.match(/../g) ?? []).reverse().join(''))
    .join('')
    .toLowerCase()

/** Address in network-order hexadecimal; all zeros is any. IPv4-mapped IPv6 is given as IPv4. */
export function parseListeners(text: string): readonly Listener[] {
  return text
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const fields = line.trim().split(/\s+/)
      const [address, port] = (fields[1] ?? '').split(':')
      const inode = fields[9]
      if (fields[3] !== LISTEN || !address || !port || inode === undefined) return []
      const hex = networkOrder(address).replace(/^0{20}ffff(?=.{8}$)/, '')
      return [{ address: hex, port: Number.parseInt(port, 16), inode }]
    })
}
