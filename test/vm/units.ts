// Units and paths that the test clusters put on their VMs.

export const SPEC_PATH = '/etc/hactl/spec.json'
export const AGENT_UNIT = 'hactl-agent.service'
export const AGENT_UNIT_TEXT = `[Unit]
Description=hactl agent
After=network.target

[Service]
ExecStart=/usr/local/bin/hactl agent --config /etc/hactl/agent.json
Restart=always
RestartSec=200ms

[Install]
WantedBy=multi-user.target
`

export const WEB_UNIT = 'lab-web.service'
export const WEB_PATH = '/etc/nginx/lab.conf'
export const WEB_UNIT_TEXT = `[Unit]
Description=Small web servers that say who they are
After=network.target

[Service]
RuntimeDirectory=lab
ExecStart=/usr/sbin/nginx -c ${WEB_PATH} -e /run/lab/nginx.err -g 'daemon off;'
Restart=always

[Install]
WantedBy=multi-user.target
`
