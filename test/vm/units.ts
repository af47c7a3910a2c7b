// Units and paths that the test clusters put on their VMs.

export const SPEC_PATH = '/etc/hactl/spec.json'
/** By it the agents of a test cluster know each other. */
export const PEER_TOKEN = 'vm-cluster-peer-token'
