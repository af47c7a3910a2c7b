import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { test } from 'node:test'
import {
  listDirectory,
  readFileState,
  removeFile,
  renameFile,
  writeFileAtomic,
} from '../../../agent/host/files.ts'
import { FILE_BYTES_MAX } from '../../../agent/host/limits.ts'
import { temporaryDirectory } from './temporary.ts'

test('a written file has the exact body and mode, whatever the umask', async (context) => {
  const path = `${await temporaryDirectory(context)}/a/b/file.cfg`
  await writeFileAtomic(path, 'é\n', 0o666)
  assert.deepEqual(await readFileState(path), { body: 'é\n', mode: 0o666 })
  await writeFileAtomic(path, 'two', 0o600)
  assert.deepEqual(await readFileState(path), { body: 'two', mode: 0o600 })
})

test('a write replaces the file, it does not write into it', async (context) => {
  const directory = await temporaryDirectory(context)
  await writeFileAtomic(`${directory}/f`, 'old', 0o644)
  const before = await stat(`${directory}/f`)
  await writeFileAtomic(`${directory}/f`, 'new', 0o644)
  assert.notEqual((await stat(`${directory}/f`)).ino, before.ino)
})

test('a failed write leaves the target and no temporary file', async (context) => {
  const directory = await temporaryDirectory(context)
  await mkdir(`${directory}/target`) // rename of a file over a directory fails last of all steps
  await assert.rejects(writeFileAtomic(`${directory}/target`, 'x', 0o644), {
    name: 'HostError',
    message: `cannot write ${directory}/target: it is a directory`,
  })
  assert.deepEqual(await readdir(directory), ['target'])
})

test('a rename replaces the file, keeps body and mode, and says what is missing', async (context) => {
  const directory = await temporaryDirectory(context)
  await writeFileAtomic(`${directory}/f`, 'bad', 0o644)
  await writeFileAtomic(`${directory}/f.undo`, 'good', 0o600)
  await renameFile(`${directory}/f.undo`, `${directory}/f`)
  assert.deepEqual(await readFileState(`${directory}/f`), { body: 'good', mode: 0o600 })
  assert.deepEqual(await readdir(directory), ['f'])
  await assert.rejects(renameFile(`${directory}/f.undo`, `${directory}/f`), { name: 'HostError' })
})

test('no space is said so, the device as it was', { skip: process.getuid?.() !== 0 }, async () => {
  // /dev/full cannot be replaced by rename here, so only the words are tested.
  const { HostError } = await import('../../../agent/host/host-error.ts')
  const full = await writeFile('/dev/full', 'x').catch((error: unknown) => error)
  const error = new HostError('write /etc/x', full)
  assert.equal(error.message, 'cannot write /etc/x: no space left')
  assert.equal(error.code, 'ENOSPC')
  assert.equal(error.cause, full)
})

test('absent is undefined; a directory, a device and too much are errors', async (context) => {
  const directory = await temporaryDirectory(context)
  assert.equal(await readFileState(`${directory}/none`), undefined)
  await writeFile(`${directory}/file`, '')
  assert.equal(await readFileState(`${directory}/file/below`), undefined)
  await assert.rejects(readFileState(directory), /cannot read .*not a regular file/)
  await symlink('/dev/zero', `${directory}/zero`)
  await assert.rejects(readFileState(`${directory}/zero`), /not a regular file/)
  await writeFile(`${directory}/large`, Buffer.alloc(FILE_BYTES_MAX + 1))
  await assert.rejects(readFileState(`${directory}/large`), /larger than/)
})

test('files of /proc, whose size is 0, are read whole', async () => {
  const file = await readFileState('/proc/self/limits')
  assert.match(file?.body ?? '', /^Max open files/m)
})

test('remove twice and list', async (context) => {
  const directory = await temporaryDirectory(context)
  for (const name of ['b', 'a']) await writeFile(`${directory}/${name}`, name)
  assert.deepEqual(await listDirectory(directory), ['a', 'b'])
  await removeFile(`${directory}/a`)
  await removeFile(`${directory}/a`)
  assert.deepEqual(await listDirectory(directory), ['b'])
  assert.deepEqual(await listDirectory(`${directory}/none`), [])
  assert.equal(await readFile(`${directory}/b`, 'utf8'), 'b')
})

test('a group that may read it: set before the mode, and seen', async (context) => {
  if (process.getuid?.() !== 0) return context.skip('only root gives files away')
  const path = `${await temporaryDirectory(context)}/f`
  await writeFileAtomic(path, 'secret', 0o640, 4711)
  assert.deepEqual(await readFileState(path), { body: 'secret', mode: 0o640, gid: 4711 })
  await writeFileAtomic(path, 'secret', 0o640, 0)
  assert.deepEqual(await readFileState(path), { body: 'secret', mode: 0o640 })
})
