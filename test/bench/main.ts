// npm run bench -- continuity [--json] [part ...] | hub [--json] | page [--json]: what a client of the cluster sees beside the
// tutorial's configuration; the hub under a fleet's heartbeats beside a bare server; the status page in a browser.
import { continuity, PARTS } from './continuity.ts'
import { type Figure, tableOf } from './figures.ts'
import { hubLoad } from './hub.ts'
import { pageFigures } from './page.ts'

const [what, ...words] = process.argv.slice(2)
const say = (line: string) => void process.stderr.write(`${line}\n`)

function print(figures: readonly Figure[], peer: string): void {
  const json = words.includes('--json')
  process.stdout.write(`${json ? JSON.stringify(figures, null, 2) : tableOf(figures, peer)}\n`)
  if (figures.some(({ met }) => !met)) process.exitCode = 1
}

if (what === 'continuity') {
  const named = PARTS.filter((part) => words.includes(part))
  print(await continuity(say, named.length > 0 ? named : PARTS), 'tutorial')
} else if (what === 'hub') print(await hubLoad(say), 'bare ws')
else if (what === 'page') print(await pageFigures(say), '-')
else {
  say('usage: npm run bench -- continuity [--json] [part ...] | hub [--json] | page [--json]')
  process.exitCode = 2
}
