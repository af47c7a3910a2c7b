// /proc/self/limits, proc_pid_limits(5).

/** fs.nr_open's default (man 5 proc_sys_fs): what "unlimited" open files really are. */
const FILES_CEILING = 1_048_576

/** Hard limit of open files; 1024, the smallest in the field, when the line is missing. */
export function parseFilesMax(limits: string): number {
  const hard = /^Max open files\s+\S+\s+(\S+)/m.exec(limits)?.[1]
  if (hard === undefined) return 1024
  return hard === 'unlimited' ? FILES_CEILING : Number(hard)
}
