// Units and paths that a lab puts on its VMs.

export const HACTL_PATH = '/usr/local/bin/hactl'
export const WEB_PATH = '/etc/nginx/lab.conf'
export const WEB_UNIT = 'lab-web.service'
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
