// Specs of the VM tests.

/** Two balancers with one vip, one web server. `pool` may replace the servers. */
export const pair = (servers: object = { w1: { node: 'web1', port: 8080 } }) => ({
  version: 1,
  cluster: 'vm-pair',
  nodes: {
    lb1: { address: '10.90.0.11/24' },
    lb2: { address: '10.90.0.12/24' },
    web1: { address: '10.90.0.21/24' },
  },
  vips: {
    web: {
      addresses: ['10.90.0.100'],
      peers: { lb1: { priority: 150 }, lb2: { priority: 100 } },
    },
  },
  proxies: { web: { vip: 'web', port: 80, pool: 'app' } },
  pools: { app: { servers } },
})
export const PAIR_VIP = '10.90.0.100'
export const PAIR_URL = `http://${PAIR_VIP}/`
