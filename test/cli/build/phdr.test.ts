import assert from 'node:assert/strict'
import { test } from 'node:test'
import { phdrCheck } from '../../../cli/build/phdr.ts'

/** An ELF file of nothing but program headers: [type, offset, address, size in the file] each. */
function elf(phoff: number, headers: readonly (readonly [number, number, number, number])[]) {
  const file = Buffer.alloc(phoff + headers.length * 56)
  file.write('\x7fELF\x02\x01', 'latin1')
  file.writeBigUInt64LE(BigInt(phoff), 32)
  file.writeUInt16LE(56, 54)
  file.writeUInt16LE(headers.length, 56)
  headers.forEach(([type, offset, address, size], i) => {
    const at = phoff + i * 56
    file.writeUInt32LE(type, at)
    file.writeBigUInt64LE(BigInt(offset), at + 8)
    file.writeBigUInt64LE(BigInt(address), at + 16)
    file.writeBigUInt64LE(BigInt(size), at + 32)
  })
  return phdrCheck(file.subarray(0, 64), (offset, length) => file.subarray(offset, offset + length))
}

test('headers at their usual place can be started by every kernel', () => {
  assert.deepEqual(elf(64, [[1, 0, 0x400000, 0x1000]]), {
    ok: true,
    told: 0x400040n,
    mapped: 0x400040n,
  })
})

test('headers moved into a later segment with another bias crash old kernels', () => {
  const verdict = elf(0x2000, [
    [1, 0, 0x400000, 0x1000],
    [1, 0x2000, 0x800000, 0x1000],
  ])
  assert.deepEqual(verdict, { ok: false, told: 0x402000n, mapped: 0x800000n })
})

test('headers that no segment maps crash old kernels', () => {
  assert.equal(elf(0x2000, [[1, 0, 0x400000, 0x1000]]).ok, false)
})

test('headers of segments that are not loaded do not count', () => {
  assert.equal(
    elf(64, [
      [6, 0, 0x900000, 0x1000],
      [1, 0, 0x400000, 0x1000],
    ]).told,
    0x400040n,
  )
})

test('a file that is no ELF file is refused', () => {
  assert.throws(() => phdrCheck(Buffer.alloc(64, 'x'), () => Buffer.alloc(0)), /not a 64-bit/)
  assert.throws(() => elf(64, []), /no LOAD segment/)
})
