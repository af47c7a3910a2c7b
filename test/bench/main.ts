// npm run bench -- continuity [--json] [part ...]: measures what a client of the cluster sees, beside the tutorial's configuration.
import { continuity, PARTS } from './continuity.ts'
import { tableOf } from './figures.ts'

const words = process.argv.slice(2)
if (words[0] !== 'continuity') {
  process.stderr.write('usage: npm run bench -- continuity [--json] [part ...]\n')
  process.exitCode = 2
} else {
  const named = PARTS.filter((part) => words.includes(part))
  const parts = named.length > 0 ? named : PARTS
  const figures = await continuity((line) => void process.stderr.write(`${line}\n`), parts)
  const json = words.includes('--json')
  process.stdout.write(`${json ? JSON.stringify(figures, null, 2) : tableOf(figures)}\n`)
  if (figures.some(({ met }) => !met)) process.exitCode = 1
}
