// The programs a lab is made of, and the packages they come in.
export type Tool = {
  readonly program: string
  /** Package on Debian and Ubuntu. */
  readonly apt: string
  /** Package on EL and Fedora. */
  readonly dnf: string
}

export const TOOLS: readonly Tool[] = [
  { program: 'haproxy', apt: 'haproxy', dnf: 'haproxy' },
  { program: 'keepalived', apt: 'keepalived', dnf: 'keepalived' },
  { program: 'nginx', apt: 'nginx-light', dnf: 'nginx' },
  { program: 'ip', apt: 'iproute2', dnf: 'iproute' },
  { program: 'bridge', apt: 'iproute2', dnf: 'iproute' },
  { program: 'nsenter', apt: 'util-linux', dnf: 'util-linux' },
  { program: 'unshare', apt: 'util-linux', dnf: 'util-linux' },
  { program: 'mount', apt: 'mount', dnf: 'util-linux' },
  { program: 'bash', apt: 'bash', dnf: 'bash' },
]

/** Packages of these programs that are missing, each once. */
export const packagesOf = (
  tools: readonly Tool[],
  manager: 'apt' | 'dnf',
  exists: (program: string) => boolean,
): readonly string[] => [
  ...new Set(tools.filter((tool) => !exists(tool.program)).map((tool) => tool[manager])),
]
