// HA096: an export that lets in more than it seems to.
import { entries } from '../maps.ts'
import { warning, type Rule } from './rule.ts'

/** parseNet knows no prefix 0, and HA010 says so; these are the spellings of "everybody". */
const EVERYBODY = /^(?:0\.0\.0\.0|::)\/[0-7]$/

export const exportOpen: Rule = (spec) =>
  entries(spec.exports).flatMap(([name, { clients, write, squash }]) => [
    ...(clients.networks ?? []).flatMap((network, index) =>
      write === true && EVERYBODY.test(network)
        ? [
            warning(
              'HA096',
              ['exports', name, 'clients', 'networks', index],
              `everybody who reaches the server may write to ${name}`,
              'name the nodes or the network of the clients',
            ),
          ]
        : [],
    ),
    ...(squash === 'none'
      ? [
          warning(
            'HA096',
            ['exports', name, 'squash'],
            `root of any client is root in ${name}`,
            'leave "squash" at root, and give the directory to the user that writes there',
          ),
        ]
      : []),
  ])
