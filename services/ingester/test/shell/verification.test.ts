// What the edge makes of the ways to verify that an endpoint can be given; the ways themselves are tested
// in packages/sources.

import assert from 'node:assert/strict'
import { generateKeyPairSync, sign } from 'node:crypto'
import { after, test } from 'node:test'
import { createLogger } from '@fleet/telemetry'
import {
  closeEdges,
  levy,
  levyBody,
  openEdge,
  post,
  secrets,
  signed,
  standardWebhooks,
} from '../edge-harness.ts'

after(closeEdges)

const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const publicBytes = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)

function publicHeaders(body: string): Record<string, string> {
  const seconds = String(Math.floor(Date.now() / 1000))
  const content = Buffer.from(`msg_1.${seconds}.${body}`)
  return {
    'webhook-id': 'msg_1',
    'webhook-timestamp': seconds,
    'webhook-signature': `v1a,${sign(null, content, privateKey).toString('base64')}`,
  }
}

const body = JSON.stringify({
  type: 'reservation.created',
  timestamp: '2026-11-21T08:30:00Z',
  data: { resource_type: 'reservation', resource_id: 'R1' },
})

test('a delivery signed with a private key is taken under its public key, which the record names', async () => {
  const edge = await openEdge({ endpoints: [levy, standardWebhooks] })
  edge.files.secret('sw.k1', `whpk_${publicBytes.toString('base64')}`)
  edge.files.endpoints([levy, { ...standardWebhooks, source: 'partner-2' }])
  const deadlineMs = Date.now() + 2000
  let status = 0
  while (status !== 200 && Date.now() < deadlineMs) {
    status = (await post(edge, 'sw', body, publicHeaders(body))).status
  }
  assert.equal(status, 200)
  const [raw] = await edge.log.raw()
  assert.equal(raw?.signature_scheme, 'standard-webhooks/v1a')
  assert.equal(raw?.signature_key_id, 'w1')
  assert.equal((await post(edge, 'sw', `${body} `, publicHeaders(body))).status, 401)
  for (const id of ['levy', 'unknown']) {
    assert.equal((await post(edge, id, body, publicHeaders(body))).status, 401)
  }
})

test('a signed event of a type that is not accepted is 200 and kept as unidentified', async () => {
  const edge = await openEdge({ endpoints: [{ ...levy, accepted_event_types: ['claim.opened'] }] })
  const delivery = levyBody('e-1')
  const response = await post(edge, 'levy', delivery, signed(levy, delivery, secrets.levy))
  assert.equal(response.status, 200)
  const [raw] = await edge.log.raw()
  assert.equal(raw?.unidentified_reason, 'event_type_not_accepted')
  assert.equal(raw.event_id, 'e-1')
  assert.equal(Buffer.from(raw.body).toString(), delivery)
})

test('weak settings and secrets that verify nothing are in the log, without the secret', async () => {
  const lines: string[] = []
  const logger = createLogger('test', {
    level: 'warn',
    destination: { write: line => void lines.push(line) },
  })
  const old = { ...levy, signature: { ...levy.signature, algorithm: 'hmac-sha1' } }
  const edge = await openEdge({ endpoints: [old, standardWebhooks], logger })
  edge.files.secret('sw.k1', 'whpk_tooshort')
  const deadlineMs = Date.now() + 2000
  const says = (event: string): string | undefined => lines.find(line => line.includes(event))
  while (says('endpoints.secret_unusable') === undefined && Date.now() < deadlineMs) {
    await post(edge, 'sw', body)
  }
  assert.match(says('endpoints.settings_weak') ?? '', /\(levy\): hmac-sha1 is outdated/)
  assert.match(says('endpoints.secret_unusable') ?? '', /"sw".*"w1".*32 bytes in base64/)
  assert.ok(!lines.join('').includes('tooshort'))
})
