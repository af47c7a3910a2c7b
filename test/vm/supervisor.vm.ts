// The supervisor contract on the real systemd: the suite runs inside a VM, from this checkout, on this node.
import assert from 'node:assert/strict'
import { realpathSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { after, before, test } from 'node:test'
import type { Vm } from '../../cli/lab/vm/vm.ts'
import { type VmCluster, vmCluster } from './cluster.ts'
import { pair } from './specs.ts'

const SUITE_TIMEOUT_MS = 240_000
let lab: VmCluster
const here = process.cwd()
const modules = realpathSync('node_modules')
const node = realpathSync(process.execPath)

before(async () => {
  // node_modules may be a link out of the checkout, and is followed inside the VM as well.
  const shares = [
    { from: here, at: here, readOnly: true },
    { from: dirname(node), at: '/opt/node', readOnly: true },
    ...(modules.startsWith(`${here}/`) ? [] : [{ from: modules, at: modules, readOnly: true }]),
  ]
  // Beside a SysV script enable takes seconds; pair.vm.ts has them.
  const prepare = async (vm: Vm) => void (await vm.must('rm -f /etc/init.d/haproxy'))
  const nodes = { lb1: { shares } }
  lab = await vmCluster({ spec: pair(), vms: ['lb1'], agents: [], nodes, prepare })
})
after(() => lab?.close())

test('every promise of a supervisor holds on the real systemd', async () => {
  const argv = `/opt/node/${basename(node)} --test --test-reporter=spec ${here}/test/vm/inside/supervisor.ts`
  const { code, stdout, stderr } = await lab
    .node('lb1')
    .sh(`cd ${here} && ${argv}`, SUITE_TIMEOUT_MS)
  process.stdout.write(stdout.replace(/^ℹ.*$\n/gm, ''))
  assert.equal(code, 0, `${stdout.slice(-3000)}${stderr.slice(-1000)}`)
  assert.match(stdout, /pass [1-9]/)
})
