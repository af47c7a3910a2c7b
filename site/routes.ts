// Path, who may, what: all of the hub's surface on one screen. The table is a golden file in test/cases/hub.
import type { Context } from 'hono'
import type { Access } from './access.ts'
import { pushSpec } from './push.ts'
import * as read from './read.ts'
import type { HubState } from './state.ts'

export type Handle = (state: HubState, c: Context) => Response | Promise<Response>
export type Route = {
  readonly method: 'GET' | 'POST' | 'WS'
  readonly path: string
  readonly access: Access
  /** undefined for WS: the socket is taken over in serve.ts. */
  readonly handle?: Handle
}

/** The spec itself holds password hashes of stats users, so viewers do not read it. */
export const routes: readonly Route[] = [
  { method: 'GET', path: '/v1/health', access: 'anyone', handle: read.health },
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
  { method: 'GET', path: '/v1/spec', access: 'agent', handle: read.spec },
  { method: 'WS', path: '/v1/agent', access: 'agent' },
]
