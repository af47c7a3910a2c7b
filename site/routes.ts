// Path, who may, what: all of the hub's surface on one screen. The table is a golden file in test/cases/hub.
import type { Context } from 'hono'
import type { Access } from './access.ts'
import * as certify from './certify.ts'
import { confirmSpec } from './confirm.ts'
import * as enrol from './enrol.ts'
import { gitHook } from './hook.ts'
import { nodeLogs } from './logs.ts'
import * as metrics from './metrics.ts'
import { orderPage, orderSent } from './order-form.ts'
import { giveOrder, liftOrder } from './order-routes.ts'
import { pushSpec } from './push.ts'
import * as read from './read.ts'
import { signIn, signOut } from './sign-in.ts'
import type { HubState } from './state.ts'
import type { Who } from './tokens.ts'

/** `who` is undefined for what anyone may, and for viewers of an open hub. */
export type Handle = (
  state: HubState,
  c: Context,
  who: Who | undefined,
) => Response | Promise<Response>
export type Route = {
  readonly method: 'GET' | 'POST' | 'DELETE' | 'WS'
  readonly path: string
  readonly access: Access
  /** undefined for WS: the socket is taken over in serve.ts. */
  readonly handle?: Handle
}

/** The spec itself holds password hashes of stats users, so viewers do not read it. */
export const routes: readonly Route[] = [
  { method: 'GET', path: '/v1/health', access: 'anyone', handle: read.health },
  { method: 'GET', path: '/healthz', access: 'anyone', handle: metrics.healthz },
  { method: 'GET', path: '/readyz', access: 'anyone', handle: metrics.readyz },
  { method: 'GET', path: '/metrics', access: 'viewer', handle: metrics.metrics },
  { method: 'GET', path: '/', access: 'viewer', handle: read.page },
  { method: 'GET', path: '/nodes/:node', access: 'viewer', handle: read.page },
  { method: 'GET', path: '/pools/:pool', access: 'viewer', handle: read.page },
  { method: 'GET', path: '/events', access: 'viewer', handle: read.page },
  { method: 'GET', path: '/revisions', access: 'viewer', handle: read.page },
  { method: 'GET', path: '/revisions/:revision', access: 'viewer', handle: read.page },
  { method: 'GET', path: '/v1/status', access: 'viewer', handle: read.status },
  { method: 'GET', path: '/v1/events', access: 'viewer', handle: read.events },
  { method: 'GET', path: '/v1/alerts', access: 'viewer', handle: read.alerts },
  { method: 'GET', path: '/v1/stream', access: 'viewer', handle: read.stream },
  { method: 'GET', path: '/v1/specs', access: 'viewer', handle: read.revisions },
  { method: 'GET', path: '/v1/specs/:revision', access: 'operator', handle: read.specAt },
  { method: 'POST', path: '/v1/specs', access: 'operator', handle: pushSpec },
  { method: 'POST', path: '/v1/confirm', access: 'operator', handle: confirmSpec },
  { method: 'GET', path: '/v1/logs/:node', access: 'operator', handle: nodeLogs },
  { method: 'POST', path: '/v1/orders', access: 'operator', handle: giveOrder },
  { method: 'DELETE', path: '/v1/orders', access: 'operator', handle: liftOrder },
  { method: 'GET', path: '/v1/spec', access: 'agent', handle: read.spec },
  { method: 'POST', path: '/v1/enrol', access: 'joiner', handle: enrol.enrol },
  { method: 'POST', path: '/v1/certificate', access: 'agent', handle: certify.certify },
  { method: 'GET', path: '/v1/peers', access: 'agent', handle: certify.peersWord },
  { method: 'POST', path: '/v1/join-tokens', access: 'operator', handle: enrol.createJoin },
  { method: 'GET', path: '/v1/tokens', access: 'operator', handle: enrol.listTokens },
  { method: 'POST', path: '/v1/tokens', access: 'operator', handle: enrol.createToken },
  { method: 'DELETE', path: '/v1/tokens/:name', access: 'operator', handle: enrol.revokeToken },
  { method: 'POST', path: '/v1/hooks/git', access: 'signer', handle: gitHook },
  { method: 'GET', path: '/order', access: 'viewer', handle: orderPage },
  { method: 'POST', path: '/order', access: 'signer', handle: orderSent },
  { method: 'POST', path: '/login', access: 'anyone', handle: signIn },
  { method: 'POST', path: '/logout', access: 'anyone', handle: signOut },
  { method: 'WS', path: '/v1/agent', access: 'agent' },
]
