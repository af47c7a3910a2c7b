// virtual_ipaddress: addresses of a vip, with the words behind them.
import { parseNet } from '../address.ts'
import { ADDRESS_OPTIONS } from '../vip.ts'
import { lose } from './keepalived-keep.ts'
import type { Block } from './keepalived-text.ts'
import type { Import, VipDraft } from './types.ts'

const ADDRESSES_MAX = 20

export type Address = {
  readonly text: string
  readonly family: 4 | 6
  /** Behind the address, without the device that it has anyway; '' when there are none. */
  readonly options: string
  /** In virtual_ipaddress, not in virtual_ipaddress_excluded. */
  readonly advertised: boolean
}

/** The device that addresses have by themselves: none with a virtual MAC, whose interface they get (keepalived.conf(5)). */
const deviceOf = (block: Block): string | undefined =>
  block.children.some(({ words }) => /^use_(?:vmac|ipvlan)$/.test(words[0] ?? ''))
    ? undefined
    : block.children.find(({ words }) => words[0] === 'interface')?.words[1]

/** Of an instance, the advertised ones first, each once. */
export function addressesOf(block: Block): readonly Address[] {
  const device = deviceOf(block)
  const found = block.children.flatMap(({ words, children }) => {
    const excluded = words[0] === 'virtual_ipaddress_excluded'
    if (!excluded && words[0] !== 'virtual_ipaddress') return []
    return children.flatMap((child) => addressOf(child, device, !excluded) ?? [])
  })
  const sorted = found.toSorted((a, b) => Number(b.advertised) - Number(a.advertised))
  return sorted
    .filter(({ text }, at) => sorted.findIndex((one) => one.text === text) === at)
    .slice(0, ADDRESSES_MAX)
}

function addressOf(
  { words }: Block,
  device: string | undefined,
  advertised: boolean,
): Address | undefined {
  const [text = '', ...rest] = words
  const net = parseNet(text, { 4: 32, 6: 128 })
  if (net === undefined) return undefined
  const options = plainOptions(rest, device)
  const read = ADDRESS_OPTIONS.test(options)
  return { text, family: net.family, options: read ? options : '', advertised }
}

const plainOptions = (rest: readonly string[], device: string | undefined): string =>
  rest
    .filter((word, at) => {
      const own = (name: number) => rest[name - 1] === 'dev' && rest[name] === device
      return !own(at) && !(word === 'dev' && own(at + 1))
    })
    .join(' ')

/** The fates of its lines. */
export function readAddresses(
  block: Block,
  instance: Block,
  vip: VipDraft,
  imp: Import,
): undefined {
  const device = deviceOf(instance)
  imp.say(block.directive, 'modelled')
  for (const child of block.children) {
    const address = addressOf(child, device, true)
    const rest = plainOptions(child.words.slice(1), device)
    if (address === undefined) lose(child, `${child.words[0]} is no address`, imp)
    else if (!vip.addresses.includes(address.text))
      lose(child, `a vip has at most ${ADDRESSES_MAX} addresses`, imp)
    else if (rest !== '' && address.options === '')
      lose(child, 'the words behind its address cannot be read', imp)
    else imp.say(child.directive, 'modelled')
  }
}
