// Asks SELinux's own programs for booleans and port labels. Decides nothing.
import { parsePorts } from './doctor/checks/selinux.ts'
import type { Asked } from './observe-firewall.ts'
import type { SelinuxState } from './plan/types.ts'

/** semanage compiles nothing here, but loads the whole policy store: it is asked seldom. */
export async function readSelinux(asked: Asked): Promise<SelinuxState> {
  const [booleans, ports] = await Promise.all([
    asked(['getsebool', '-a']),
    asked(['semanage', 'port', '-l']),
  ])
  return {
    // Without its tools (or where they fail) nothing is known and nothing is set: a pass does not end for that.
    booleans: booleans.code === 0 ? parseBooleans(booleans.stdout) : new Map(),
    labels: ports.code === 0 ? parsePorts(ports.stdout) : undefined,
  }
}

/** `httpd_use_nfs --> off` (getsebool(8)); some versions add a pending value. */
export const parseBooleans = (text: string): ReadonlyMap<string, boolean> =>
  new Map(
    [...text.matchAll(/^(\w+) --> (on|off)\b/gm)].map(([, name = '', value]) => [
      name,
      value === 'on',
    ]),
  )
