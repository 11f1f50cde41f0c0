import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addHeaders, parseResource } from '../../src/send/send-options.ts'
import { setPath } from '../../src/send/set-path.ts'

const resources = [
  ['R1', null, 'R1'],
  ['reservation/R1', 'reservation', 'R1'],
  ['vehicle/a/b', 'vehicle', 'a/b'],
  ['/odd', null, '/odd'],
] as const

for (const [text, resourceType, resourceId] of resources) {
  test(`--resource ${text} is ${resourceType ?? 'no type'} and ${resourceId}`, () => {
    assert.deepEqual(parseResource(text), { resourceType, resourceId })
  })
}

test('a header replaces the one of its name, and given twice becomes two', () => {
  const headers = addHeaders({ 'x-a': '1', 'x-b': '2' }, ['X-A: 9', 'x-c:c:c', 'x-d:1', 'x-d:2'])
  assert.deepEqual(headers, { 'x-a': '9', 'x-b': '2', 'x-c': 'c:c', 'x-d': ['1', '2'] })
})

test('a header without a name is refused', () => {
  assert.throws(() => addHeaders({}, ['nothing']), /--header must be name:value/)
  assert.throws(() => addHeaders({}, [': x']), /--header must be name:value/)
})

test('a path makes objects and lists on its way', () => {
  const body: Record<string, unknown> = {}
  setPath(body, '$.a.b[1]', 'x')
  setPath(body, '$.a.b[0].c', 'y')
  setPath(body, '$.__proto__.d', 'z')
  assert.equal(JSON.stringify(body), '{"a":{"b":[{"c":"y"},"x"]},"__proto__":{"d":"z"}}')
  assert.equal(({} as Record<string, unknown>)['d'], undefined)
})
