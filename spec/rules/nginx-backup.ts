// HA073: nginx refuses a backup server where a hash or chance picks one (ngx_http_upstream_module, "backup").
import { entries } from '../maps.ts'
import { poolsBehind, refusesBackups } from '../nginx.ts'
import { error, type Rule } from './rule.ts'

export const nginxBackup: Rule = (spec) =>
  poolsBehind(spec, 'nginx').flatMap(([name, pool]) => {
    const servers = entries(pool.servers)
    if (!refusesBackups(pool) || servers.every(([, { backup }]) => backup === true)) return []
    const by = pool.stick?.by === 'source' ? 'stick by source' : `balance ${pool.balance}`
    return servers.flatMap(([server, { backup }]) => {
      if (backup !== true) return []
      const message = `cannot use backup server ${server} with ${by} in nginx`
      const hint = 'balance by roundrobin or leastconn, or make it a server like the others'
      return [error('HA073', ['pools', name, 'servers', server, 'backup'], message, hint)]
    })
  })
