// What of an answer is compared: all that a client or a server sees, without what is of the moment.
import type { Cluster } from '../../spec/cluster.ts'
import type { Answer } from './import-peer.ts'

/** Which pools have the server that answered: the turn of servers within one is not compared. */
export function shown(
  { status, headers, body }: Answer,
  cluster: Cluster,
  names: ReadonlyMap<string, string>,
) {
  const { 'x-who': who = '', server: _, ...rest } = headers
  const pools = cluster.pools.filter(({ servers, extra }) =>
    [
      ...servers.map(({ address, port }) => `${names.get(address) ?? address}:${port}`),
      ...extra.flatMap((line) => {
        const [, host = '', port = ''] = /^server \S+ ([\w.-]+):([0-9]+)/.exec(line) ?? []
        return host === '' ? [] : [`${names.get(host) ?? host}:${port}`]
      }),
    ].includes(who),
  )
  // Values are names of servers; HttpOnly is asked.
  const cookies = rest['set-cookie']?.replace(/=[^;,]*|; HttpOnly/g, '')
  return {
    status,
    pools: pools.length === 0 ? who : pools.map(({ name }) => name).join(' '),
    headers: {
      ...rest,
      'content-length': '',
      ...(cookies !== undefined && { 'set-cookie': cookies }),
    },
    body: heard(body),
  }
}

/** What a server was asked: hactl speaks HTTP/1.1 with it, and may keep the connection. Times and numbers are of the moment. */
function heard(body: string): string {
  // hactl hides nginx's version.
  if (!body.startsWith('["'))
    return body.includes('Statistics Report')
      ? 'statistics'
      : body.replace(/nginx\/[0-9.]+/, 'nginx')
  return body
    .slice(2, -2)
    .split('","')
    .map((line) => line.replace(/ HTTP\/1\.[01]$/, '').replace(/(?<=: )[0-9]+$/, 'N'))
    .filter((line) => !/^connection:/i.test(line))
    .sort()
    .join('\n')
}
