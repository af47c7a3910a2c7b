import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answersFrom } from '../../../agent/doctor/answers.ts'
import { modules } from '../../../agent/doctor/checks/kernel.ts'

const needed = (...names: readonly string[]) =>
  names.map((name) => ({ kind: 'module', name, why: 'lvs needs it' }) as const)
const answers = answersFrom({
  list: { '/sys/module': ['ip_vs', 'nf_conntrack'] },
  run: {
    // kmod 30, Debian 12.
    'modinfo -F filename ip_vs_wrr': {
      code: 0,
      out: '/lib/modules/6.1.0-56-amd64/kernel/net/netfilter/ipvs/ip_vs_wrr.ko\n',
      err: '',
    },
    'modinfo -F filename nfsd': { code: 0, out: '(builtin)\n', err: '' },
    'modinfo -F filename ip_vs_mh': {
      code: 1,
      out: '',
      err: 'modinfo: ERROR: Module ip_vs_mh not found.\n',
    },
  },
})

test('loaded and built-in modules are well, whatever they are called', () => {
  assert.deepEqual(modules(needed('ip_vs', 'nf-conntrack', 'nfsd'), answers), [])
})

test('a module that can be loaded comes with its command, one that is not there without', () => {
  const [there, missing] = modules(needed('ip_vs_wrr', 'ip_vs_mh'), answers)
  assert.equal(there?.fix, 'modprobe ip_vs_wrr')
  assert.equal(missing?.fix, '')
  assert.match(missing?.what ?? '', /no module ip_vs_mh/)
})
