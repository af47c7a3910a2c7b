// The programs inside the members: web servers, hub, agents, or the argv of a bare lab.
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { HUB_PORT, PEER_PORT } from '../../spec/limits.ts'
import { LabError } from './error.ts'
import { diskOf, enter, isVm, logOf } from './namespace.ts'
import { detach, isAlive, must, type Proc, until } from './process.ts'
import type { State } from './state.ts'
import { HUB, type Member } from './topology.ts'
import { startVmAgent, startVmWeb } from './vm/nodes.ts'
import { WEB_CONFIG, webConfig } from './web.ts'

const HUB_TIMEOUT_MS = 15_000
const Tokens = Type.Object({ operator: Type.String(), agent: Type.String(), viewer: Type.String() })

/** Writes a file inside a member. */
export async function put(
  root: string,
  state: State,
  name: string,
  path: string,
  body: string,
): Promise<void> {
  const script = 'mkdir -p "$(dirname "$1")" && cat > "$1"'
  await must(
    root,
    `write ${path} on ${name}`,
    [...enter(state, name), 'bash', '-c', script, 'put', path],
    { input: body },
  )
}

export async function startWeb(root: string, state: State, member: Member): Promise<void> {
  if (isVm(state, member.name)) return startVmWeb(root, state, member)
  const config = webConfig(member)
  if (config === undefined) return
  await put(root, state, member.name, WEB_CONFIG, config)
  await must(root, `start the web server of ${member.name}`, [
    ...[...enter(state, member.name), 'nginx', '-c', WEB_CONFIG, '-e', '/run/lab/nginx.err'],
  ])
}

export const socketOf = (root: string): string => join(root, 'hub.sock')

/** Starts the hub in its member and waits until it has written its tokens and listens. */
export async function startHub(root: string, state: State): Promise<Proc> {
  mkdirSync(join(root, 'hub'), { recursive: true, mode: 0o700 })
  // One that was killed leaves its socket behind, which would say at once that the next one listens.
  rmSync(socketOf(root), { force: true })
  const argv = [
    ...[...enter(state, HUB), ...state.hactl, 'hub', '--state', join(root, 'hub')],
    ...[
      '--listen',
      `${state.hubAddress}:${HUB_PORT}`,
      '--listen',
      `unix:${socketOf(root)}`,
      '--open',
      // A wire of this machine's own, on which tests look.
      ...['--tls', 'off'],
    ],
  ]
  const proc = detach(root, argv, logOf(root, 'hub'))
  const ready = () => existsSync(socketOf(root)) && existsSync(join(root, 'hub', 'tokens.json'))
  const up = await until(() => ready() || !isAlive(proc), HUB_TIMEOUT_MS)
  if (!up || !isAlive(proc)) throw new LabError('cannot start the hub', `see ${logOf(root, 'hub')}`)
  return proc
}

export function hubTokens(root: string): { operator: string; agent: string; viewer: string } {
  const value: unknown = JSON.parse(readFileSync(join(root, 'hub', 'tokens.json'), 'utf8'))
  if (!Value.Check(Tokens, value))
    throw new LabError("cannot use the hub's tokens: operator, agent or viewer is missing")
  return value
}

/** The token by which the agents of one lab know each other; made once. */
function peerToken(root: string): string {
  const path = join(root, 'peer.token')
  if (!existsSync(path)) writeFileSync(path, randomBytes(16).toString('hex'), { mode: 0o600 })
  return readFileSync(path, 'utf8')
}

const agentConfig = (
  root: string,
  state: State,
  node: string,
  supervisor: 'systemd' | 'builtin',
): string => {
  const config = {
    node,
    supervisor,
    source: { hub: true },
    hub: { url: `http://${state.hubAddress}:${HUB_PORT}`, token: hubTokens(root).agent },
    peer: { port: PEER_PORT, token: peerToken(root) },
  }
  return `${JSON.stringify(config, null, 2)}\n`
}

export function startAgent(root: string, state: State, name: string): Proc {
  const path = join(diskOf(root, name), 'etc-hactl', 'agent.json')
  // What somebody wrote into it holds, as on a real node.
  if (!existsSync(path))
    writeFileSync(path, agentConfig(root, state, name, 'builtin'), { mode: 0o600 })
  const argv = [...enter(state, name), ...state.hactl, 'agent', '--config', '/etc/hactl/agent.json']
  return detach(root, argv, logOf(root, `${name}-agent`))
}

/** Files and commands of the tutorial, on one node. */
export async function startBare(root: string, state: State, name: string): Promise<void> {
  for (const [path, body] of Object.entries(state.bare?.files[name] ?? {}))
    await put(root, state, name, path, body)
  for (const argv of state.bare?.commands[name] ?? [])
    detach(root, [...enter(state, name), ...argv], logOf(root, `${name}-bare`))
}

/** Everything that runs on a member after its power came on; the agent when there is one. */
export async function startPrograms(
  root: string,
  state: State,
  member: Member,
): Promise<Proc | undefined> {
  await startWeb(root, state, member)
  if (member.kind !== 'node') return
  if (state.bare !== undefined) {
    await startBare(root, state, member.name)
    return
  }
  if (isVm(state, member.name)) {
    const config = agentConfig(root, state, member.name, 'systemd')
    await startVmAgent(root, state, member.name, config)
    return
  }
  return startAgent(root, state, member.name)
}
