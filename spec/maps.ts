// Sections are maps by name: walked in one order, looked up without the prototype.
/** Entries sorted by name (UTF-16 code units); nothing for an absent section. */
export const entries = <T>(
  map: Readonly<Record<string, T>> | undefined,
): readonly (readonly [string, T])[] =>
  Object.entries(map ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))

/** A member by a name that came from the spec: never something of the prototype. */
export const member = <T>(
  map: Readonly<Record<string, T>> | undefined,
  name: string | undefined,
): T | undefined =>
  map !== undefined && name !== undefined && Object.hasOwn(map, name) ? map[name] : undefined
