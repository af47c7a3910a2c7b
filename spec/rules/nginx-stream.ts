// HA075: mode tcp is a module that most distributions ship apart from nginx.
import { nginxProxies } from '../nginx.ts'
import { info, type Rule } from './rule.ts'

export const nginxStream: Rule = (spec) =>
  nginxProxies(spec).flatMap(([name, { mode }]) => {
    if (mode !== 'tcp') return []
    const message = `proxy ${name} needs nginx's stream module`
    const hint =
      'it is installed where a package has it (libnginx-mod-stream, nginx-mod-stream); a node without it leaves the proxy out and says so'
    return [info('HA075', ['proxies', name, 'mode'], message, hint)]
  })
