// npm run bench -- continuity [--json]: measures what a client of the cluster sees, beside the tutorial's configuration.
import { continuity } from './continuity.ts'
import { tableOf } from './figures.ts'

const words = process.argv.slice(2)
if (words[0] !== 'continuity') {
  process.stderr.write('usage: npm run bench -- continuity [--json]\n')
  process.exitCode = 2
} else {
  const figures = await continuity((line) => void process.stderr.write(`${line}\n`))
  const json = words.includes('--json')
  process.stdout.write(`${json ? JSON.stringify(figures, null, 2) : tableOf(figures)}\n`)
  if (figures.some(({ met }) => !met)) process.exitCode = 1
}
