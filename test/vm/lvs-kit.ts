// What the VM tests of LVS share: real servers with a small web server, and a look at the table.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import type { Vm } from '../../cli/lab/vm/vm.ts'
import type { VmCluster } from './cluster.ts'

export const VIP = '172.17.1.160'
export const URL_OF_VIP = `http://${VIP}/`
export const DIRECTORS = ['lvs1', 'lvs2'] as const
export const REAL_SERVERS = ['web1', 'web2'] as const
export const ADDRESS: Readonly<Record<string, string>> = {
  web1: '172.17.1.152',
  web2: '172.17.1.153',
}

type Lvs = Record<string, unknown>
export type Example = {
  lvs: Record<string, Lvs>
  vips: Record<string, Lvs>
  [key: string]: unknown
}

/** The example of the tutorial. Its Apache is a small nginx here: what is tried is the kernel's side. */
export function example(edit: (lvs: Lvs, spec: Example) => void = () => undefined): Example {
  const spec: Example = JSON.parse(readFileSync('spec/examples/lvs-apache.json', 'utf8'))
  delete spec['services']
  delete spec['$schema']
  const lvs = spec.lvs['apache']
  assert(lvs !== undefined)
  edit(lvs, spec)
  return spec
}

const NGINX = (name: string) => `pid /run/real.pid;
error_log /run/real.err;
events {}
http {
  access_log off;
  server {
    listen 80;
    listen [::]:80;
    location / {
      add_header X-Server ${name} always;
      return 200 "${name}\\n";
    }
  }
}
`
const UNIT = `[Unit]
Description=A web server that says who it is

[Service]
ExecStart=/usr/sbin/nginx -c /etc/nginx/real.conf -e /run/real.err -g 'daemon off;'

[Install]
WantedBy=multi-user.target
`

/** For \`prepare\`: every node that is no director answers on port 80. */
export async function realServer(vm: Vm): Promise<void> {
  if (vm.name.startsWith('lvs')) return
  await vm.put('/etc/nginx/real.conf', NGINX(vm.name))
  await vm.put('/etc/systemd/system/real.service', UNIT)
  await vm.must('systemctl enable -q --now real.service')
}

/** Rows of a director: \`172.17.1.152 Route 1\`; ports and counters left out. */
export const rows = async (lab: VmCluster, director: string): Promise<readonly string[]> => {
  const text = await lab.node(director).must('ipvsadm -Ln')
  return [...text.matchAll(/-> ([0-9][0-9.]+|\[[0-9a-f:]+\]):\d+ +(\w+) +(\d+)/g)]
    .map(([, address, method, weight]) => `${address} ${method} ${weight}`)
    .sort()
}
export const isRow = (lab: VmCluster, director: string, server: string) => async () =>
  (await rows(lab, director)).some((row) => row.startsWith(`${ADDRESS[server]} `))

/** Answers of so many requests, by server. */
export async function spread(
  lab: VmCluster,
  count: number,
  url = URL_OF_VIP,
): Promise<Readonly<Record<string, number>>> {
  const found: Record<string, number> = {}
  for (let i = 0; i < count; i++) {
    const name = (await lab.get(url)).trim()
    found[name] = (found[name] ?? 0) + 1
  }
  return found
}

/** The node that announces the vip: real servers have it too, on the loopback. */
export async function heldBy(lab: VmCluster, node: string, vip = VIP): Promise<void> {
  await lab.until(`${vip} on eth0 of ${node} alone`, async () => {
    const held = await Promise.all(
      DIRECTORS.map(async (name) =>
        lab.node(name).isOn() &&
        (await lab.node(name).sh(`ip -o addr show dev eth0 to ${vip}`)).stdout.includes(vip)
          ? [name]
          : [],
      ),
    )
    return held.flat().join() === node
  })
}

/** Milliseconds until it holds; looks every 50 ms. */
export async function timed(
  lab: VmCluster,
  what: string,
  holds: () => Promise<boolean>,
  timeoutMs?: number,
) {
  const start = performance.now()
  await lab.until(what, holds, timeoutMs)
  return Math.round(performance.now() - start)
}

export const say = (line: string): void => void process.stdout.write(`${line}\n`)

/** Everything an agent may have changed on a node, as text. */
export const pictureOf = (lab: VmCluster, node: string): Promise<string> =>
  lab
    .node(node)
    .must(
      'cat /etc/keepalived/keepalived.conf /etc/sysctl.d/60-hactl-* /etc/modules-load.d/hactl-* 2>/dev/null; ' +
        'ip -br addr show lo; ip -br addr show tunl0 2>/dev/null; ip -br addr show eth0; sysctl -a 2>/dev/null | grep -E "arp_(ignore|announce)|ip_forward =|\\.rp_filter|vs.expire_nodest"; true',
    )
