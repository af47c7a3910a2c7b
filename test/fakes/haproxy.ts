// The fake haproxy's runtime API: it answers what it was taught, from the text it loaded.

type Server = { weight: number; admin: number }
const ADMIN = { ready: 0, maint: 1, drain: 8 }

/** Servers of a configuration text, keys "pool/server". */
function serversIn(text: string): Map<string, Server> {
  const servers = new Map<string, Server>()
  let pool = ''
  for (const line of text.split('\n')) {
    const section = /^(\w+) ?(\S*)/.exec(line)
    if (section !== null) pool = section[1] === 'backend' ? (section[2] ?? '') : ''
    const server = /^\s+server (\S+) \S+(.*)$/.exec(line)
    if (pool === '' || server === null) continue
    const options = server[2] ?? ''
    const weight = Number(/ weight (\d+)/.exec(options)?.[1] ?? 1)
    servers.set(`${pool}/${server[1]}`, { weight, admin: / disabled\b/.test(options) ? 1 : 0 })
  }
  return servers
}

export type FakeRuntime = { ask(command: string, loaded: string): string }

export function fakeRuntime(): FakeRuntime {
  let of: string | undefined
  let servers = new Map<string, Server>()
  return {
    ask: (command, loaded) => {
      // A reload brings a new worker with the settings of its file.
      if (of !== loaded) servers = serversIn(loaded)
      of = loaded
      if (command === 'show info') return info(loaded)
      if (command === 'show servers state') return state(servers)
      const set = /^set server (\S+) (weight|state) (\S+)$/.exec(command)
      if (set === null) throw new Error(`FakeHost was not taught haproxy command: ${command}`)
      return change(servers, set[1] ?? '', set[2] ?? '', set[3] ?? '')
    },
  }
}

const info = (loaded: string): string =>
  `Name: HAProxy\nVersion: 2.6.12\ndescription: ${/description (\S+)/.exec(loaded)?.[1] ?? ''}\n`

function state(servers: ReadonlyMap<string, Server>): string {
  const rows = [...servers].map(([id, { weight, admin }]) => {
    const [pool, server] = id.split('/')
    return `1 ${pool} 1 ${server} 2 ${admin} ${weight}`
  })
  const head = '# be_id be_name srv_id srv_name srv_op_state srv_admin_state srv_uweight'
  return ['1', head, ...rows, ''].join('\n')
}

function change(servers: Map<string, Server>, id: string, what: string, value: string): string {
  const server = servers.get(id)
  if (server === undefined) return 'No such server.\n'
  if (what === 'weight') server.weight = Number(value)
  else if (value === 'ready' || value === 'maint' || value === 'drain') server.admin = ADMIN[value]
  else return `'set server <srv> state' expects 'ready', 'drain' and 'maint'.\n`
  return ''
}
