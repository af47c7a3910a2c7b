// Users a daemon can switch to: those of passwd(5) whose uid is mapped into our user namespace.

/** Pure. Rootless labs map a single uid: there only root can be used (user_namespaces(7)). */
export function parseUsers(passwd: string, uidMap: string): readonly string[] {
  const ranges = uidMap
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter((fields) => fields.length === 3)
  const mapped = (uid: number): boolean =>
    ranges.some(([from = 0, , count = 0]) => uid >= from && uid < from + count)
  return passwd.split('\n').flatMap((line) => {
    const [name, , uid] = line.split(':')
    return name && /^\d+$/.test(uid ?? '') && mapped(Number(uid)) ? [name] : []
  })
}

/** Pure. Of group(5): names with their numbers. */
export const parseGroups = (text: string): Readonly<Record<string, number>> =>
  Object.fromEntries(
    text.split('\n').flatMap((line) => {
      const [name, , gid] = line.split(':')
      return name && /^\d{1,9}$/.test(gid ?? '') ? [[name, Number(gid)]] : []
    }),
  )
