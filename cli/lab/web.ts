// Small web servers that say who they are, so that a client sees which server answered.
import type { Member } from './topology.ts'

/** Where the generated configuration stands inside its member. */
export const WEB_CONFIG = '/run/lab/nginx.conf'

const hostOf = (address: string): string => (address.includes(':') ? `[${address}]` : address)

/** nginx configuration of one member; undefined when it serves nothing. */
export function webConfig({ name, web }: Pick<Member, 'name' | 'web'>): string | undefined {
  if (web.length === 0) return
  const servers = web.map((server) => {
    const listens = server.addresses.map((a) => `    listen ${hostOf(a)}:${server.port};`)
    return [
      '  server {',
      ...listens,
      '    default_type text/plain;',
      `    add_header X-Server ${server.name} always;`,
      `    location / { return 200 "${name} ${server.name} ${server.port} $uri\\n"; }`,
      '  }',
    ].join('\n')
  })
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return `user root;
worker_processes 1;
pid /run/lab/nginx.pid;
error_log /run/lab/nginx.err;
events { worker_connections 8192; }
http {
  access_log off;
  keepalive_requests 1000000;
${temporary.map((what) => `  ${what}_temp_path /run/lab/${what};`).join('\n')}
${servers.join('\n')}
}
`
}
