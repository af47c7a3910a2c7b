// The providers, in the order their daemons must come up: a proxy serves before its vip arrives.
import type { Engine } from '../engine.ts'
import type { Provider } from '../plan/types.ts'
import { firewall } from './firewall/index.ts'
import { haproxyEngine } from './haproxy/engine.ts'
import { haproxy } from './haproxy/index.ts'
import { keepalivedEngine } from './keepalived/engine.ts'
import { keepalived } from './keepalived/index.ts'
import { kernel } from './kernel/index.ts'
import { lvs } from './lvs/index.ts'
import { nfsClient } from './nfs-client/index.ts'
import { nfsServer } from './nfs-server/index.ts'
import { nginxEngine } from './nginx/engine.ts'
import { nginx } from './nginx/index.ts'
import { selinux } from './selinux/index.ts'
import { services } from './services/index.ts'

export const providers: readonly Provider[] = [
  kernel,
  selinux,
  firewall,
  nfsServer,
  nfsClient,
  services,
  haproxy,
  nginx,
  keepalived,
  lvs,
]

/** Engines by name; a want that names another one is our bug. */
export const engines: Readonly<Record<string, Engine>> = {
  haproxy: haproxyEngine,
  nginx: nginxEngine,
  keepalived: keepalivedEngine,
}
