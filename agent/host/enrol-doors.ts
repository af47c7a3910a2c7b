// What enrolling does to this machine and asks of the hub; the agent and `hactl agent install` share it.
import { Secret } from '../../spec/secret.ts'
import { randomBytes } from 'node:crypto'
import type { Host } from '../world.ts'
import { shownChain } from './chain.ts'
import { postJson } from './post.ts'

export const enrolDoors = (files: Pick<Host, 'read' | 'write' | 'rename'>) => ({
  read: files.read,
  write: files.write,
  rename: files.rename,
  post: postJson,
  chain: shownChain,
  secret: () => new Secret(randomBytes(24).toString('base64url')),
})
