// Answers the doctor's questions on this machine: every one bounded in time and size, none changes anything.
import { lstat, statfs } from 'node:fs/promises'
import { request } from 'node:http'
import { request as requestTls } from 'node:https'
import { connect } from 'node:net'
import { parseAgentConfig } from '../../config.ts'
import { keyOf, type Recording } from '../../doctor/answers.ts'
import type { Ask, Dated, Space, Stat } from '../../doctor/types.ts'
import { runCommand } from '../exec.ts'
import { listDirectory, readFileState } from '../files.ts'
import { codeOf } from '../host-error.ts'

/** Programs started at once: an examination must not be what makes the node busy. */
const PARALLEL = 4
const TEXT_BYTES_MAX = 256 * 1024

async function stat(path: string): Promise<Stat | undefined> {
  try {
    const at = await lstat(path)
    const kind = at.isFile()
      ? 'file'
      : at.isDirectory()
        ? 'directory'
        : at.isSymbolicLink()
          ? 'link'
          : at.isSocket()
            ? 'socket'
            : 'other'
    return { kind, mode: at.mode & 0o7777, uid: at.uid, gid: at.gid }
  } catch {
    return undefined
  }
}

async function space(path: string): Promise<Space | undefined> {
  try {
    const { bsize, blocks, bavail, files, ffree } = await statfs(path)
    return { bytes: bsize * blocks, bytesFree: bsize * bavail, inodes: files, inodesFree: ffree }
  } catch {
    return undefined
  }
}

/** '' when it connected, else the errno name or 'timeout'. */
function tryConnect(host: string, port: number, timeoutMs: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    const done = (why: string): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(why)
    }
    const timer = setTimeout(() => done('timeout'), timeoutMs)
    socket.on('connect', () => done(''))
    socket.on('error', (error) => done(codeOf(error) || error.message))
  })
}

/** Any answer has a date, a refusal too. Certificates are not judged: only the clock is looked at. */
function dateOf(url: string, timeoutMs: number): Promise<Dated> {
  return new Promise((resolve) => {
    const sentMs = Date.now()
    const none = (): void => resolve({ status: 0, sentMs, receivedMs: Date.now() })
    const options = { method: 'GET', agent: false as const, timeout: timeoutMs }
    const outgoing = url.startsWith('https:')
      ? requestTls(url, { ...options, rejectUnauthorized: false })
      : request(url, options)
    const timer = setTimeout(() => outgoing.destroy(new Error('timeout')), timeoutMs)
    outgoing.on('error', () => {
      clearTimeout(timer)
      none()
    })
    outgoing.on('response', (response) => {
      clearTimeout(timer)
      const theirsMs = Date.parse(response.headers.date ?? '')
      const date = Number.isNaN(theirsMs) ? {} : { theirsMs }
      response.destroy()
      resolve({ status: response.statusCode ?? 0, ...date, sentMs, receivedMs: Date.now() })
    })
    outgoing.end()
  })
}

async function faultsOf(path: string): Promise<readonly string[] | undefined> {
  const file = await readFileState(path).catch(() => undefined)
  if (file === undefined) return undefined
  const parsed = parseAgentConfig(file.body)
  return parsed.ok ? [] : parsed.diagnostics.map((d) => d.message)
}

type Mutable = { -readonly [K in keyof Recording]-?: NonNullable<Recording[K]> }

async function answer(ask: Ask, into: Mutable): Promise<void> {
  const key = keyOf(ask)
  switch (ask.ask) {
    case 'run': {
      const { code, stdout, stderr } = await runCommand(ask.argv, ask.timeoutMs)
      into.run[key] = { code, out: stdout, err: stderr.slice(0, 2_000) }
      return
    }
    case 'read': {
      const file = await readFileState(ask.path).catch(() => undefined)
      if (file !== undefined) into.read[key] = file.body.slice(0, TEXT_BYTES_MAX)
      return
    }
    case 'list':
      into.list[key] = [...(await listDirectory(ask.path).catch(() => []))]
      return
    case 'stat': {
      const found = await stat(ask.path)
      if (found !== undefined) into.stat[key] = found
      return
    }
    case 'space': {
      const found = await space(ask.path)
      if (found !== undefined) into.space[key] = found
      return
    }
    case 'connect':
      into.connect[key] = await tryConnect(ask.host, ask.port, ask.timeoutMs)
      return
    case 'date':
      into.date[key] = await dateOf(ask.url, ask.timeoutMs)
      return
    case 'agent-config': {
      const faults = await faultsOf(ask.path)
      if (faults !== undefined) into.agentConfig[key] = [...faults]
      return
    }
  }
}

/** All answers, at most PARALLEL questions at once. Never throws: what cannot be answered is missing. */
export async function answerAll(asks: readonly Ask[]): Promise<Recording> {
  const into: Mutable = {
    run: {},
    read: {},
    list: {},
    stat: {},
    space: {},
    connect: {},
    date: {},
    agentConfig: {},
  }
  // The slow ones first, so that the others fit beside them.
  const waiting = asks.toSorted((a, b) => timeOf(b) - timeOf(a))
  const next = async (): Promise<void> => {
    for (let ask = waiting.shift(); ask !== undefined; ask = waiting.shift())
      await answer(ask, into)
  }
  await Promise.all(Array.from({ length: PARALLEL }, next))
  return into
}

const timeOf = (ask: Ask): number => ('timeoutMs' in ask ? ask.timeoutMs : 0)
