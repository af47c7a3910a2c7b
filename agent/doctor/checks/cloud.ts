// Networks that do not carry VRRP or a moved address: known by the maker of the (virtual) machine.
import { warning } from '../finding.ts'
import { vipsOf } from '../place.ts'
import type { Ask, Check } from '../types.ts'

const DMI = '/sys/class/dmi/id'
const FIELDS = ['sys_vendor', 'product_name', 'bios_vendor', 'chassis_asset_tag'] as const
/** Microsoft's own machines, not those of a Hyper-V of one's own, carry this asset tag. */
const AZURE_TAG = '7783-7084-3265-9085-8269-3286-77'

const HINT =
  'let the platform move the address: its own load balancer, or a call of its API when a node takes the vip'
const CLOUDS: readonly { readonly name: string; readonly is: RegExp; readonly why: string }[] = [
  {
    name: 'Amazon EC2',
    is: /amazon/i,
    why: 'multicast, protocol 112 between subnets and gratuitous ARP are not honoured there: the vip does not move',
  },
  {
    name: 'Google Cloud',
    is: /google/i,
    why: 'the network answers ARP itself: a gratuitous one moves nothing',
  },
  {
    name: 'Microsoft Azure',
    is: new RegExp(AZURE_TAG),
    why: 'neither multicast nor gratuitous ARP reach anybody there: the vip does not move',
  },
  {
    name: 'OpenStack',
    is: /openstack/i,
    why: 'a port drops every address that is not in its allowed_address_pairs, the vip too',
  },
  {
    name: 'DigitalOcean',
    is: /digitalocean/i,
    why: 'addresses move by its API (reserved IP), not by gratuitous ARP',
  },
  { name: 'Hetzner Cloud', is: /hetzner/i, why: 'addresses move by its API (floating IP)' },
]

export const cloud: Check = {
  name: 'cloud',
  cheap: true,
  asks: () => FIELDS.map((name): Ask => ({ ask: 'read', path: `${DMI}/${name}` })),
  judge: (patient, answers) => {
    if (vipsOf(patient).length === 0) return []
    const text = FIELDS.map((name) => answers.read(`${DMI}/${name}`) ?? '').join(' ')
    const found = CLOUDS.find(({ is }) => is.test(text))
    if (found === undefined) return []
    return [
      warning('cloud', {
        what: `this machine runs on ${found.name}`,
        why: found.why,
        hint:
          found.name === 'OpenStack'
            ? 'openstack port set --allowed-address ip-address=VIP PORT, for the port of every peer'
            : HINT,
      }),
    ]
  },
}
