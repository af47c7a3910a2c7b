// What is wanted of NFS, and what the mount table shows: the nouns of exports and mounts.
import type { WantFile } from './types.ts'

/** One line of the kernel's mount table, proc_pid_mountinfo(5). */
export type MountRow = {
  readonly path: string
  /** nfs, nfs4, autofs, ext4 ... */
  readonly type: string
  readonly source: string
  readonly options: readonly string[]
}
/** A mount as the mount table must show it. */
export type MountWish = {
  readonly path: string
  /** server:/directory */
  readonly source: string
  readonly version: '3' | '4' | '4.1' | '4.2'
  readonly write: boolean
  readonly hard: boolean
  /** systemd waits at the mount point (autofs) and mounts on first use: that counts as mounted. */
  readonly automount: boolean
}
export type UnitText = { readonly name: string; readonly file: WantFile }
export type WantMount = {
  readonly kind: 'mount'
  readonly name: string
  readonly wish: MountWish
  /** For mount(8). */
  readonly options: readonly string[]
  readonly timeoutMs: number
  /** Absent where systemd does not run: then mount(8) mounts it, and every pass sees that it is there. */
  readonly units?: { readonly mount: UnitText; readonly automount: UnitText }
  /** Vips that leave a node without it. */
  readonly vips: readonly string[]
}
/** What the NFS server lets one client mount, with the options that must hold (exports(5)). */
export type ExportRow = {
  readonly path: string
  readonly client: string
  readonly options: readonly string[]
}
/** The exports of a node: one file, and what the NFS server made of it. */
export type WantExports = {
  readonly kind: 'exports'
  readonly file: WantFile
  readonly rows: readonly ExportRow[]
  /** Vips that clients mount from. */
  readonly vips: readonly string[]
}
export type WantStorage = WantMount | WantExports
