// HA115: options of an export or mount that other members say, or that hactl decides.
import { entries } from '../maps.ts'
import { EXPORT_OWNED, MOUNT_OWNED } from '../storage.ts'
import { error, type Rule } from './rule.ts'

export const storageOptions: Rule = (spec) => {
  const sections = [
    ['exports', entries(spec.exports), EXPORT_OWNED, 'write, sync, squash, anonUid, anonGid, fsid'],
    ['mounts', entries(spec.mounts), MOUNT_OWNED, 'write, hard, version, automount'],
  ] as const
  return sections.flatMap(([section, things, owned, members]) =>
    things.flatMap(([name, { options = [] }]) =>
      options.flatMap((option, at) =>
        owned.test(option)
          ? [
              error(
                'HA115',
                [section, name, 'options', at],
                `cannot use option ${option}: hactl writes it, or decides it`,
                `the members for it are ${members}`,
              ),
            ]
          : [],
      ),
    ),
  )
}
