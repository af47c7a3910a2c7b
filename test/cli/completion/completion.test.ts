// Completion scripts are asked in the shells themselves where they are installed: bash everywhere, zsh and fish where found.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { COMPLETIONS } from '../../../cli/completion/index.ts'
import { allOf } from '../../../cli/completion/tree.ts'
import { run } from '../fake.ts'
import { tree } from './kit.ts'

const work = mkdtempSync(join(tmpdir(), 'hactl-completion-'))
after(() => rmSync(work, { recursive: true, force: true }))
writeFileSync(join(work, 'my spec.json'), '{}')

const quoted = (words: readonly string[]): string => words.map((w) => `'${w}'`).join(' ')

/** What each shell offers after these words; the last one is being typed. */
const ASK: Readonly<Record<string, (script: string, words: readonly string[]) => string[]>> = {
  bash: (script, words) => [
    '--norc',
    '-c',
    `source ${script}; COMP_WORDS=(${quoted(words)}); COMP_CWORD=${words.length - 1}; _hactl; printf '%s\\n' "\${COMPREPLY[@]}"`,
  ],
  // Outside of its line editor zsh has no completion system: the three functions of it that the script uses are written here.
  zsh: (script, words) => [
    '-f',
    '-c',
    `compdef() { }
     _describe() { [[ $1 == -o ]] && shift; print -l -- \${\${(P)2}%%:*}; }
     _files() { print -l -- *(N); }
     _message() { }
     compadd() { shift; print -l -- "$@"; }
     source ${script}; words=(${quoted(words)}); CURRENT=${words.length}; _hactl`,
  ],
  fish: (script, words) => [
    '--no-config',
    '-c',
    `source ${script}; complete -C ${quoted([words.join(' ')])} | string split -f1 \\t; true`,
  ],
}

function installed(shell: string): boolean {
  try {
    execFileSync(shell, ['-c', 'true'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

const CASES: readonly (readonly [readonly string[], readonly string[], readonly string[]])[] = [
  [
    ['hactl', ''],
    ['push', 'status', 'lab', 'agent'],
    ['completion', 'lab-inner', 'up'],
  ],
  [['hactl', 'lab', ''], ['up', 'down', 'fail'], ['push']],
  [['hactl', 'lab', 'fail', '--p'], ['--power', '--proxy', '--partition'], ['--note']],
  [['hactl', 'push', '--t'], ['--timeout', '--token', '--token-file'], ['--power']],
  [['hactl', 'push', '--note', ''], [], ['push', 'my spec.json']],
  [['hactl', 'validate', ''], ['my spec.json'], ['push']],
]

for (const [shell, ask] of Object.entries(ASK)) {
  const skip = installed(shell) ? false : `${shell} is not installed`
  test(`${shell} offers what may follow`, { skip }, () => {
    const script = join(work, `hactl.${shell}`)
    writeFileSync(script, COMPLETIONS[shell]?.(tree()) ?? '')
    for (const [words, offered, not] of CASES) {
      const env = { PATH: process.env['PATH'], HOME: work, TERM: 'dumb' }
      const said = execFileSync(shell, ask(script, words), { cwd: work, env, encoding: 'utf8' })
      // zsh's own _describe leaves out what does not begin with the word; here this does.
      const lines = said.split('\n').filter((l) => l !== '' && l.startsWith(words.at(-1) ?? ''))
      for (const one of offered)
        assert.ok(lines.includes(one), `${words.join(' ')}: ${one} missing in ${lines}`)
      for (const one of not) assert.ok(!lines.includes(one), `${words.join(' ')}: ${one} offered`)
    }
  })
}

test('every verb and option stands in every script', () => {
  for (const [shell, make] of Object.entries(COMPLETIONS)) {
    const script = make(tree())
    for (const node of allOf(tree())) {
      assert.ok(script.includes(node.path.join(' ')), `${shell}: ${node.path.join(' ')}`)
      for (const { long } of node.options)
        assert.ok(
          script.includes(shell === 'fish' ? `-l ${long.slice(2)}` : long),
          `${shell}: ${long}`,
        )
    }
  }
})

test('hactl completion prints the script, and refuses other shells', async () => {
  const { exit, out } = await run(['completion', 'bash'])
  assert.equal(exit, 0)
  assert.equal(out, COMPLETIONS['bash']?.(tree()))
  assert.equal((await run(['completion', 'tcsh'])).exit, 2)
})
