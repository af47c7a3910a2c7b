// Definitions ($X=, ${X}) and sequences (~SEQ, ~LST) of keepalived.conf(5), within bounds.

const DEEP_MAX = 24
const LINES_MAX = 100_000
const LINE_CHARS_MAX = 10_000
/** Of one sequence; keepalived's own example makes 65,024 instances, a spec has at most some hundred things. */
const ROUNDS_MAX = 4_096

type Rounds = {
  readonly rest: string
  /** Names with their values, for each round. */
  readonly values: readonly (readonly (readonly [string, string])[])[]
}
export type Expansion = {
  readonly define: (name: string, value: string) => undefined
  /** One level of definitions: what they hold is expanded when it is read itself. */
  readonly expanded: (line: string) => string
  /** How often a line is read, and with which values; undefined when it is no sequence. */
  readonly rounds: (line: string) => Rounds | undefined
  /** False where a file would never end; what is left out then is reported as not taken. */
  readonly may: (deep: number) => boolean
}

export function expansionOf(): Expansion {
  const values = new Map<string, string>()
  let left = LINES_MAX
  const expanded = (line: string) => {
    const next = line.replace(/\$(?:\{([A-Za-z0-9_]+)\}|([A-Za-z0-9_]+))/g, (all, braced, plain) =>
      String(values.get(braced ?? plain) ?? all),
    )
    return next.length > LINE_CHARS_MAX ? line : next
  }
  return {
    define: (name, value) => {
      values.set(name, value)
    },
    expanded,
    rounds: (line) => roundsOf(line, expanded),
    may: (deep) => deep <= DEEP_MAX && left-- > 0,
  }
}

function roundsOf(line: string, expanded: (text: string) => string): Rounds | undefined {
  const found = /^~(SEQx?|LST)\(([^()]*)\)\s*(.*)$/.exec(line)
  if (found === null) return undefined
  const [, kind, inner = '', rest = ''] = found
  const parts = expanded(inner)
    .match(/\{[^{}]*\}|[^,{}]+/g)
    ?.map((part) => part.trim())
    .filter((part) => part !== '')
  const [names = '', ...more] = parts ?? []
  const values = kind === 'LST' ? listOf(names, more) : sequenceOf(names, more, kind === 'SEQx')
  return values === undefined ? undefined : { rest, values }
}

const items = (part: string): readonly string[] =>
  part
    .replace(/^\{|\}$/g, '')
    .split(',')
    .map((item) => item.trim())

const listOf = (names: string, more: readonly string[]): Rounds['values'] =>
  more
    .slice(0, ROUNDS_MAX)
    .map((part) => items(names).map((name, at) => [name, items(part)[at] ?? ''] as const))

/** start, step, end; start, end; or end alone (keepalived.conf(5), "Sequence blocks"). */
function sequenceOf(
  name: string,
  numbers: readonly string[],
  hexadecimal: boolean,
): Rounds['values'] | undefined {
  const parsed = numbers.map(Number)
  if (parsed.length === 0 || parsed.length > 3 || !parsed.every(Number.isSafeInteger))
    return undefined
  const end = parsed.at(-1) ?? 0
  const start = parsed.length === 1 ? (end < 0 ? -1 : 1) : (parsed[0] ?? 1)
  const step = parsed.length === 3 ? (parsed[1] ?? 1) : end < start ? -1 : 1
  const rounds: (readonly (readonly [string, string])[])[] = []
  for (let value = start; rounds.length < ROUNDS_MAX; value += step) {
    if (step === 0 || (step > 0 ? value > end : value < end)) break
    rounds.push([[name, value.toString(hexadecimal ? 16 : 10)]])
  }
  return rounds
}
