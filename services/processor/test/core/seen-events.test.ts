import assert from 'node:assert/strict'
import { test } from 'node:test'

import fc from 'fast-check'

import {
  blockHeadBytes,
  newSeenBlock,
  readSeenBlock,
  readSeenEntry,
  seenEntryBytes,
} from '../../src/core/seen-block.ts'
import { SeenEvents } from '../../src/core/seen-events.ts'
import { seenIdOf } from '../../src/core/seen-id.ts'
import type { SeenId } from '../../src/core/seen-id.ts'
import type { SeenEntry, Sighting } from '../../src/core/seen-segment.ts'
import { digest } from '../kit.ts'

/** Homes in the last thirty slots of the table alone: long clusters that wrap around its end. */
const crowdedId: fc.Arbitrary<SeenId> = fc
  .tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 4 }))
  .map(([near, n]) => [0xffff_ffff - near * 2_000_000, n, 0, 7])

/** Everything held, read back from the bytes it gives. */
function held(seen: SeenEvents): SeenEntry[] {
  const bytes = new Uint8Array(seen.size * seenEntryBytes)
  seen.writeBytes(seen.head, seen.total, bytes, 0)
  return entriesOf(bytes, 0, seen.size)
}

function entriesOf(bytes: Uint8Array, at: number, count: number): SeenEntry[] {
  return Array.from({ length: count }, (_, n) => {
    const entry = {
      id: [0, 0, 0, 0] as [number, number, number, number],
      firstSeenMs: 0,
      fingerprint: 0,
    }
    readSeenEntry(bytes, at + n * seenEntryBytes, entry)
    return entry
  })
}

/** What it should remember: the plainest way. */
class NaiveSeen {
  readonly entries: SeenEntry[] = []
  head = 0

  find(id: SeenId, floorOrdinal: number): Sighting | undefined {
    const at = this.entries.findLastIndex(entry => entry.id.join() === id.join())
    const found = at >= Math.max(this.head, floorOrdinal) ? this.entries[at] : undefined
    return found && { firstSeenMs: found.firstSeenMs, fingerprint: found.fingerprint }
  }
}

test('it finds exactly what a plain list finds, whatever is appended and dropped', () => {
  const step = fc.record({
    id: crowdedId,
    laterMs: fc.nat(5),
    fingerprint: fc.integer({ min: 0, max: 0xffff_ffff }),
    drops: fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(30) }),
    floor: fc.nat(60),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), steps => {
      const seen = new SeenEvents()
      const naive = new NaiveSeen()
      let nowMs = 1_700_000_000_000
      for (const { id, laterMs, fingerprint, drops, floor } of steps) {
        const floorOrdinal = naive.entries.length - floor
        assert.deepEqual(seen.find(id, floorOrdinal), naive.find(id, floorOrdinal))
        nowMs += laterMs
        const entry = { id, firstSeenMs: nowMs, fingerprint }
        seen.append(id, nowMs, fingerprint)
        naive.entries.push(entry)
        naive.head = Math.min(naive.head + drops, naive.entries.length)
        seen.dropBefore(naive.head)
        assert.deepEqual(seen.find(id, 0), naive.find(id, 0))
        const since = naive.entries.findIndex(
          (each, at) => at >= naive.head && each.firstSeenMs >= nowMs - 20,
        )
        assert.equal(seen.ordinalSince(nowMs - 20), since < 0 ? naive.entries.length : since)
      }
      for (const { id } of naive.entries) assert.deepEqual(seen.find(id, 0), naive.find(id, 0))
      assert.deepEqual(held(seen), naive.entries.slice(naive.head))
    }),
  )
})

function numberedId(n: number): SeenId {
  // Multiplying by an odd number permutes 32 bits: distinct, and spread like a hash.
  return [Math.imul(n, 0x9e37_79b1) >>> 0, n, 0, 0]
}

test('an id takes at most 32 bytes, growing or in a steady window', () => {
  const seen = new SeenEvents()
  let worst = 0
  for (let n = 0; n < 1_500_000; n++) {
    seen.append(numberedId(n), n, n)
    if (n >= 1_000_000) seen.dropBefore(n - 1_000_000 + 1)
    if (n >= 1_000_000 && n % 1000 === 0) worst = Math.max(worst, seen.bytes / seen.size)
  }
  assert.equal(seen.size, 1_000_000)
  assert.ok(worst <= 32, `${worst} bytes an id`)
  assert.equal(seen.find(numberedId(499_999), 0), undefined)
  assert.equal(seen.find(numberedId(500_000), 0)?.firstSeenMs, 500_000)
})

test('right after its index has grown an id still takes at most 32 bytes', () => {
  const seen = new SeenEvents()
  let worst = 0
  for (let n = 0; n < 1_400_000; n++) {
    seen.append(numberedId(n), 0, 0)
    if (n >= 1_000_000 && n % 100 === 0) worst = Math.max(worst, seen.bytes / seen.size)
  }
  assert.ok(worst <= 32, `${worst} bytes an id`)
})

test('times far apart stay exact, beyond what 32 bits of milliseconds reach', () => {
  const seen = new SeenEvents()
  const days = 24 * 3600 * 1000
  for (const day of [0, 49, 50, 1000]) {
    seen.append(numberedId(day), day * days + 1, 1)
  }
  for (const day of [0, 49, 50, 1000]) {
    assert.equal(seen.find(numberedId(day), 0)?.firstSeenMs, day * days + 1)
  }
  seen.dropBefore(3)
  assert.equal(seen.find(numberedId(50), 0), undefined)
  assert.equal(seen.find(numberedId(1000), 0)?.firstSeenMs, 1000 * days + 1)
})

const anyEntry = fc
  .tuple(crowdedId, fc.maxSafeNat(), fc.integer({ min: 0, max: 0xffff_ffff }))
  .map(([id, firstSeenMs, fingerprint]) => ({ id, firstSeenMs, fingerprint }))

test('what is written as bytes is read again as it was', () => {
  fc.assert(
    fc.property(fc.array(anyEntry, { maxLength: 20 }), entries => {
      const inOrder = entries.toSorted((left, right) => left.firstSeenMs - right.firstSeenMs)
      const seen = new SeenEvents()
      for (const { id, firstSeenMs, fingerprint } of inOrder)
        seen.append(id, firstSeenMs, fingerprint)
      assert.deepEqual(held(seen), inOrder)
      const bytes = new Uint8Array(3 + inOrder.length * seenEntryBytes)
      seen.writeBytes(0, inOrder.length, bytes, 3)
      const again = new SeenEvents()
      again.reserve(inOrder.length)
      again.appendBytes(bytes, 3, inOrder.length)
      assert.deepEqual(held(again), inOrder)
      for (const { id } of inOrder) assert.deepEqual(again.find(id, 0), seen.find(id, 0))
    }),
  )
})

test('other bytes are no block', () => {
  assert.deepEqual(readSeenBlock(newSeenBlock('merged', 2)), { kind: 'merged', count: 2 })
  assert.deepEqual(readSeenBlock(newSeenBlock('run', 0)), { kind: 'run', count: 0 })
  assert.equal(readSeenBlock(new Uint8Array()), null)
  assert.equal(readSeenBlock(Uint8Array.from([3])), null)
  assert.equal(readSeenBlock(Uint8Array.from([...newSeenBlock('run', 1), 0])), null)
})

test('the bytes of a block are fixed', () => {
  const seen = new SeenEvents()
  seen.append([0x0102_0304, 0x0506_0708, 0x090a_0b0c, 0x0d0e_0f10], 0x0102_0304_0506, 0xfffe_fdfc)
  const bytes = newSeenBlock('run', 1)
  seen.writeBytes(0, 1, bytes, blockHeadBytes)
  assert.equal(
    Buffer.from(bytes).toString('hex'),
    '01' + '0102030405060708090a0b0c0d0e0f10' + '0000010203040506' + 'fffefdfc',
  )
})

test('numbers of segments are used again without mixing ids up, whatever was dropped', () => {
  // Each id in a segment of its own: 49 days lie between two. The numbers wrap around after 4,096.
  const seen = new SeenEvents()
  const apartMs = 2 ** 32
  for (let n = 0; n < 9000; n++) {
    seen.append(numberedId(n), n * apartMs, n)
    seen.dropBefore(n - 2)
    for (let back = 0; back < 3 && back <= n; back++) {
      assert.equal(seen.find(numberedId(n - back), 0)?.fingerprint, n - back)
    }
    if (n > 4100) assert.equal(seen.find(numberedId(n - 4096), 0), undefined)
  }
})

test('after most ids have gone the index takes little room again', () => {
  const seen = new SeenEvents()
  for (let n = 0; n < 300_000; n++) seen.append(numberedId(n), n, n)
  seen.dropBefore(300_000)
  const large = seen.bytes
  for (let n = 300_000; n < 300_300; n++) seen.append(numberedId(n), n * 2 ** 32, n)
  seen.dropBefore(300_299)
  assert.ok(seen.bytes < large / 2, `${seen.bytes} of ${large} bytes`)
})

test('an identity is the first 128 bits of SHA-256 over the JSON of its five parts', () => {
  // printf '["demo","levy","demo/reservation/R1","LIVE","e1"]' | sha256sum
  const identity = {
    tenantId: 'demo',
    source: 'levy',
    recordKey: 'demo/reservation/R1',
    mode: 'LIVE' as const,
    eventId: 'e1',
  }
  const hex = seenIdOf(identity, digest).map(word => word.toString(16).padStart(8, '0'))
  assert.equal(hex.join(''), '2a0f157d0db012524e6a9baadef78511')
})
