// The manual page says what the command line has, all of it, and is good roff.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { manPage, roff } from '../../../cli/build/man.ts'
import { allOf } from '../../../cli/completion/tree.ts'
import { EXIT } from '../../../cli/exit.ts'
import { tree } from '../completion/kit.ts'

const page = manPage(tree(), '0.1.0', '2026-11-21')

test('every verb, operand and option of the command line is in it', () => {
  for (const node of allOf(tree()).filter((n) => n.path.length > 1 && n.path.at(-1) !== 'help')) {
    assert.ok(page.includes(`.SS "${roff(node.path.join(' '))}"`), node.path.join(' '))
    for (const { flags } of node.options) assert.ok(page.includes(`.B ${roff(flags)}\n`), flags)
    for (const { text } of node.operands) assert.ok(page.includes(roff(text)), text)
  }
})

test('every exit code is explained', () => {
  for (const code of Object.values(EXIT))
    assert.ok(page.includes(`.TP\n.B ${code}\n`), String(code))
})

test('text cannot become a request of roff', () => {
  assert.equal(roff(".so /etc/passwd\n'br\nC:\\x -y"), "\\&.so /etc/passwd\n\\&'br\nC:\\ex \\-y")
})

function groff(): string | undefined {
  try {
    return execFileSync('groff', ['--version'], { encoding: 'utf8' })
  } catch {
    return undefined
  }
}

test('groff has nothing to warn about', { skip: groff() === undefined && 'no groff here' }, () => {
  const args = ['-man', '-Tutf8', '-ww', '-z']
  execFileSync('groff', args, { input: page, stdio: ['pipe', 'pipe', 'pipe'] })
  const shown = execFileSync('groff', ['-man', '-Tascii', '-P-c'], {
    input: page,
    encoding: 'utf8',
  })
  assert.match(shown.replace(/.[\b]/g, ''), /--allow-blink/)
})
