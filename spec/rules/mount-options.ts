// HA095: options of a mount that do other than one expects.
import { entries, member } from '../maps.ts'
import { info, warning, type Rule } from './rule.ts'

export const mountOptions: Rule = (spec) =>
  entries(spec.mounts).flatMap(([name, { hard, write, version, export: from }]) => {
    const writes = write ?? (from === undefined || member(spec.exports, from)?.write === true)
    return [
      ...(hard === false && writes
        ? [
            warning(
              'HA095',
              ['mounts', name, 'hard'],
              `mount ${name} is soft and may be written: writes are lost when the server is away`,
              'leave "hard" at true, or say "write": false',
            ),
          ]
        : []),
      ...(version === '3'
        ? [
            info(
              'HA095',
              ['mounts', name, 'version'],
              `mount ${name} uses NFS version 3, which needs rpcbind and ports of its own on both sides`,
              'version 4 needs TCP port 2049 only',
            ),
          ]
        : []),
    ]
  })
