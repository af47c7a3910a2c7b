// Who else answers ARP for an address: probes as both programs named arping send them, and what their output says. Pure.

/** `-c` and `-I` mean the same in both programs of that name (iputils' and Thomas Habets'). */
export const arpRequest = (name: string, address: string): readonly string[] => [
  ...['arping', '-c', '2', '-I', name, address],
]

/**
 * The probe of RFC 5227 section 2.1.1: its sender is 0.0.0.0. Whoever holds the address must send this one: a request from that
 * very address is ignored by another holder (arp_process of the kernel drops what seems to come from itself), and would
 * turn the neighbours' tables to us. iputils calls it -D, Habets -0; each refuses the other's, or prints no hardware address.
 */
export const arpProbes = (name: string, address: string): readonly (readonly string[])[] => [
  ['arping', '-D', '-c', '1', '-w', '1', '-I', name, address],
  ['arping', '-0', '-c', '1', '-I', name, address],
]

/** Hardware addresses that answered, upper and lower case made one. */
export const answerers = (text: string): readonly string[] => [
  ...new Set(
    [...text.matchAll(/\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b/gi)].map(([m]) => m.toLowerCase()),
  ),
]

/** iputils in its mode of duplicate detection says so in its first line. */
export const isProbe = (text: string): boolean =>
  /from 0\.0\.0\.0|^\d+ bytes from|\d+ packets transmitted/m.test(text)
