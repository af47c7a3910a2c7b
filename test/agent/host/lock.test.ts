import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { takeLock } from '../../../agent/host/lock.ts'
import { temporaryDirectory } from './temporary.ts'

test('the second one is refused and told who holds it; after release it may', async (context) => {
  const path = `${await temporaryDirectory(context)}/state/lock`
  const lock = await takeLock(path)
  await assert.rejects(takeLock(path), {
    name: 'HostError',
    message: `cannot take the lock ${path}: pid ${process.pid} holds it`,
  })
  await lock.release()
  await lock.release()
  const again = await takeLock(path)
  await again.release()
})

test('a lock vanishes with kill -9 of its holder', async (context) => {
  const path = `${await temporaryDirectory(context)}/lock`
  const module = fileURLToPath(new URL('../../../agent/host/lock.ts', import.meta.url))
  const script = `const { takeLock } = await import(process.argv[1]); await takeLock(process.argv[2]);
    process.stdout.write('held'); setInterval(() => {}, 1e6)`
  const argv = ['--no-warnings', '--input-type=module', '-e', script, module, path]
  const holder = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] })
  context.after(() => holder.kill('SIGKILL'))
  await once(holder.stdout, 'data')
  await assert.rejects(takeLock(path), new RegExp(`pid ${holder.pid} holds it`))
  holder.kill('SIGKILL')
  await once(holder, 'exit')
  await (await takeLock(path)).release()
})
