// How keepalived checks a candidate, and how its running process proves what it runs.
import type { CheckVerdict, Engine } from '../../engine.ts'
import { CHECK_ID, checkFalls } from './extra.ts'
import { bare, meaningOf } from './messages.ts'
import { DUMP_PATH } from './paths.ts'
import { has } from './profiles.ts'

/** A file with a password that is not as it should be is quoted in the message: only its place is told. */
const withoutSecret = (line: string): string => {
  const place = /\((\S*\/auth-[a-z0-9-]+\.conf): Line (\d+)\)/.exec(line)
  return place === null
    ? line
    : `Invalid line ${place[2]} of ${place[1]}: it has to be auth_pass and the password`
}

/**
 * Every line is judged, the exit code alone never decides: 2.0.20 to 2.1.5 exit 0 on nearly every
 * error, 2.2 and later exit 5 for a truncated password too (FIELD 4.3). Unknown text is refused.
 */
function classify(result: Parameters<Engine['classify']>[0]): CheckVerdict {
  if (result.signal !== null) {
    return { ok: false, errors: [`keepalived -t ended by ${result.signal}: the file crashes it`] }
  }
  if (result.code === null || result.code === 127) {
    return { ok: false, errors: ['keepalived -t could not be run'] }
  }
  const lines = `${result.stderr}\n${result.stdout}`
    .split('\n')
    .filter((l) => l.trim() !== '')
    .map(withoutSecret)
  const judged = lines.map((line) => ({ line: bare(line), meaning: meaningOf(line) }))
  const errors = judged.flatMap(({ line, meaning }) => {
    if (meaning === undefined) return [`unknown message: ${line}`]
    return meaning.level === 'fatal' ? [`${line} (${meaning.why})`] : []
  })
  const warnings = judged.flatMap(({ line, meaning }) =>
    meaning?.level === 'warning' ? [`${line} (${meaning.why})`] : [],
  )
  if (errors.length > 0) return { ok: false, errors: [...new Set(errors)] }
  if (result.code !== 0 && warnings.length === 0) {
    return { ok: false, errors: [`keepalived -t ended with ${result.code} and no reason`] }
  }
  return { ok: true, warnings }
}

/** 2.2.7 prints ` Router ID = hactl_0123456789abcdef` in its section of globals, in every child's dump. */
export const dumpedDigest = (dump: string): string =>
  /^\s*Router ID = hactl_([0-9a-f]{16})\s*$/m.exec(dump)?.[1] ?? ''

export const keepalivedEngine = {
  name: 'keepalived',
  // Safe beside a running daemon from 2.0.7 on (upstream commit 47506045).
  checkArgv: (candidate, version) =>
    has(version, 'config_test')
      ? ['keepalived', '-t', ...(checkFalls(version) ? ['-i', CHECK_ID] : []), '-f', candidate]
      : undefined,
  classify,
  proof: { by: 'dump', signal: 'SIGUSR1', path: DUMP_PATH },
  digestIn: dumpedDigest,
} satisfies Engine
