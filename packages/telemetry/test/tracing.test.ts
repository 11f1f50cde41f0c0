import assert from 'node:assert/strict'
import { test } from 'node:test'
import { childTraceparent, traceIdOf } from '../src/index.ts'

// Example of https://www.w3.org/TR/trace-context/#examples-of-http-traceparent-headers
const parent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'

test('a child keeps trace and sampling and has a span of its own', () => {
  const child = childTraceparent(parent)
  assert.match(child, /^00-4bf92f3577b34da6a3ce929d0e0e4736-[0-9a-f]{16}-01$/)
  assert.notEqual(child, parent)
  assert.match(childTraceparent(parent.replace(/01$/, '00')), /-00$/)
  assert.equal(traceIdOf(child), traceId)
})

const invalid = [
  undefined,
  '',
  'x'.repeat(10_000),
  parent.toUpperCase(),
  `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
  `00-${traceId}-${'0'.repeat(16)}-01`,
  `ff-${traceId}-00f067aa0ba902b7-01`,
  `${parent}-more`,
]
for (const header of invalid) {
  test(`${String(header).slice(0, 60)}: no trace id, and the child starts a new trace`, () => {
    assert.equal(traceIdOf(header), null)
    const child = childTraceparent(header)
    assert.match(child, /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
    assert.notEqual(traceIdOf(child), null)
  })
}

test('a later version of the format is understood as far as ours goes', () => {
  assert.equal(traceIdOf(`01-${traceId}-00f067aa0ba902b7-01-more`), traceId)
})
