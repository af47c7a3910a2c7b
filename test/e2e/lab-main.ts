// Stands in for the binary where a lab needs nothing of it but its hidden verb.
import { inner } from '../../cli/lab/index.ts'

const [, , verb, ...argv] = process.argv
if (verb !== 'lab-inner') throw new Error('only lab-inner')
await inner(argv, (text) => process.stdout.write(text))
process.exit(0)
