import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pathOf, routeOf } from '../../src/core/route.ts'

const cases: [string, string, object][] = [
  ['POST', '/v1/hooks/a', { kind: 'delivery', endpointId: 'a' }],
  ['POST', '/v1/hooks/a?b=/c', { kind: 'delivery', endpointId: 'a' }],
  ['POST', '/v1/hooks/%61', { kind: 'delivery', endpointId: '%61' }],
  ['GET', '/v1/hooks/a', { kind: 'method_not_allowed', endpointId: 'a' }],
  ['post', '/v1/hooks/a', { kind: 'method_not_allowed', endpointId: 'a' }],
  ['POST', '/v1/hooks/a/', { kind: 'elsewhere' }],
  ['POST', '/v1/hooks/', { kind: 'elsewhere' }],
  ['POST', '/v1/hooks?a', { kind: 'elsewhere' }],
  ['POST', '//v1/hooks/a', { kind: 'elsewhere' }],
  ['POST', 'http://edge.example:8080/v1/hooks/a?b', { kind: 'delivery', endpointId: 'a' }],
  ['GET', 'HTTPS://edge.example/v1/hooks/a', { kind: 'method_not_allowed', endpointId: 'a' }],
  ['POST', 'http://edge.example', { kind: 'elsewhere' }],
  ['POST', 'http://edge.example/x?http://y/v1/hooks/a', { kind: 'elsewhere' }],
  ['POST', '*', { kind: 'elsewhere' }],
  ['POST', '', { kind: 'elsewhere' }],
]
for (const [method, target, expected] of cases) {
  test(`${method} ${target} is ${JSON.stringify(expected)}`, () => {
    assert.deepEqual(routeOf(method, target), expected)
  })
}

test('the query is no part of the path', () => {
  assert.equal(pathOf('/a?token=x?y'), '/a')
  assert.equal(pathOf('/a'), '/a')
})
