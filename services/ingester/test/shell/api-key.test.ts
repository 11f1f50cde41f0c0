// Endpoints for senders that can't sign, on the whole edge: who is let in, what is recorded, and that the
// key is nowhere but in the request.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { platform } from '@fleet/signatures'
import { createLogger } from '@fleet/telemetry'
import { closeEdges, eventually, levy, levyBody, openEdge, post } from '../edge-harness.ts'

after(closeEdges)

const key = 'k-3vX9mQ7pL2sT8wZ4nB6cR1yD5fG0hJ'
const next = 'k-0aS8dF6gH4jK2lZ1xC3vB5nM7qW9eR'
const hashOf = (text: string): string => `sha256:${platform.textSha256Hex(text)}`
const bearer = { authorization: `Bearer ${key}` }

const old = {
  id: 'old',
  tenant_id: 'acme',
  source: 'old',
  adapter: 'generic',
  auth: 'api-key',
  secrets: [{ id: 'k1', ref: 'file:old.k1' }],
}

async function openWithKey(env: Record<string, string> = {}) {
  const lines: string[] = []
  const destination = { write: (line: string): unknown => lines.push(line) }
  const logger = createLogger('test', { level: 'debug', destination })
  const edge = await openEdge({ endpoints: [levy, old], logger, env })
  edge.files.secret('old.k1', hashOf(key))
  if (env['FLEET_MODE'] !== 'production') {
    await eventually(async () => (await post(edge, 'old', levyBody('warm'), bearer)).status === 200)
  }
  return { edge, lines }
}

test('with its key a delivery is stored as one that nobody signed', async () => {
  const { edge } = await openWithKey()
  const raw = (await edge.log.raw()).at(-1)
  assert.equal(raw?.signature_scheme, 'generic/api-key')
  assert.equal(raw?.signature_key_id, 'k1')
  assert.equal(raw?.event_id, 'warm')
  assert.deepEqual(Object.keys(raw?.headers ?? {}).toSorted(), ['content-type', 'user-agent'])
})

test('every refusal is the same 401, with a security record and without a trace of the key', async () => {
  const { edge, lines } = await openWithKey()
  const attempts: [string, Record<string, string>][] = [
    ['old', {}],
    ['old', { authorization: `Bearer ${next}` }],
    ['old', { authorization: key }],
    [`old?key=${key}`, {}],
    ['levy', bearer],
    ['nobody', bearer],
  ]
  const answers = await Promise.all(
    attempts.map(async ([id, headers]) => {
      const answer = await post(edge, id, levyBody('e1'), headers)
      return `${answer.status} ${await answer.text()}`
    }),
  )
  assert.equal(new Set(answers).size, 1)
  assert.match(answers[0] ?? '', /^401 /)
  const records = await edge.log.security()
  const reasons = records.map(record => record.reason)
  for (const reason of ['missing_signature', 'bad_signature', 'unknown_endpoint']) {
    assert.ok(reasons.includes(reason), reason)
  }
  const bad = records.find(record => record.reason === 'bad_signature')
  assert.equal(bad?.headers['authorization'], '[redacted]')
  const everything = lines.join('') + JSON.stringify(records) + (await edge.metrics.text())
  assert.ok(!everything.includes(key) && !everything.includes(next))
  assert.ok(!everything.includes(hashOf(key).slice(7)))
  assert.match(lines.join(''), /endpoints\.settings_weak/)
})

test('when a key was used is written once for many deliveries, and without the key', async () => {
  const { edge } = await openWithKey()
  const many = Array.from({ length: 30 }, (_, i) => post(edge, 'old', levyBody(`u${i}`), bearer))
  for (const { status } of await Promise.all(many)) assert.equal(status, 200)
  await post(edge, 'old', levyBody('wrong'), { authorization: `Bearer ${next}` })
  assert.deepEqual(edge.log.uses(), [], 'not with the delivery')
  await edge.scope.close()
  const uses = edge.log.uses()
  assert.deepEqual(
    uses.map(record => record.key),
    ['old/k1'],
  )
  const { last_used_at: at, ...rest } = JSON.parse(String(uses[0]?.value)) as {
    last_used_at: string
  }
  assert.deepEqual(rest, { endpoint_id: 'old', key_id: 'k1' })
  assert.ok(Math.abs(Date.parse(at) - Date.now()) < 60_000)
})

test('a new key beside the old one: both let in, then the old one no more', async () => {
  const { edge } = await openWithKey()
  edge.files.secret('old.k2', hashOf(next))
  const second = { id: 'k2', ref: 'file:old.k2' }
  edge.files.endpoints([levy, { ...old, secrets: [...old.secrets, second] }])
  const statusOf = async (text: string): Promise<number> =>
    (await post(edge, 'old', levyBody('e2'), { authorization: `Bearer ${text}` })).status
  await eventually(async () => (await statusOf(next)) === 200)
  assert.equal(await statusOf(key), 200)
  edge.files.endpoints([levy, { ...old, secrets: [second] }])
  await eventually(async () => (await statusOf(key)) === 401)
  assert.equal(await statusOf(next), 200)
})

test('in production a key in clear is 401; from a proxy that ended TLS it lets in', async () => {
  const production = { FLEET_MODE: 'production' }
  const plain = await openWithKey(production)
  const behind = await openWithKey({ ...production, FLEET_TRUSTED_PROXIES: '127.0.0.1/32' })
  const statusOf = async ({ edge }: typeof plain, headers = {}): Promise<number> =>
    (await post(edge, 'old', levyBody('e3'), { ...bearer, ...headers })).status
  await eventually(async () => (await statusOf(behind)) === 200)
  assert.equal(await statusOf(behind, { 'x-forwarded-proto': 'https' }), 200)
  assert.equal(await statusOf(behind, { 'x-forwarded-proto': 'http' }), 401)
  assert.equal(await statusOf(plain), 401)
  assert.equal(await statusOf(plain, { 'x-forwarded-proto': 'https' }), 401)
})
