import assert from 'node:assert/strict'
import { test } from 'node:test'

import fc from 'fast-check'

import { parseEndpoints } from '../src/endpoints.ts'
import { endpointOf, levy, levySettings, smartcar, standardWebhooks, ump } from './endpoint-of.ts'

/** The example of the configuration reference, in full. */
const full = {
  id: 'levy-demo',
  tenant_id: 'demo',
  source: 'levy',
  adapter: 'generic',
  enabled: true,
  auth: 'signature',
  api_key_header: null,
  secrets: [{ id: 'k1', ref: 'file:levy-demo.k1', not_before: null, not_after: null }],
  signature: {
    header: 'x-levy-signature',
    algorithm: 'hmac-sha256',
    encoding: 'hex',
    prefix: 'sha256=',
    signed_content: '{body}',
    timestamp_header: null,
    id_header: null,
    freshness_seconds: null,
  },
  paths: {
    event_id: '$.event_id',
    event_type: '$.event_type',
    occurred_at: '$.occurred_at',
    resource_id: '$.resource_id',
    resource_type: '$.resource_type',
    subaccount_id: '$.subaccount_id',
    delivery_attempt: '$.delivery_attempt',
    data: '$.data',
  },
  limits: { body_bytes: 262144, per_second: null },
  accepted_event_types: null,
  on_id_conflict: 'dead_letter',
  sender_timeout_ms: null,
  verify_armed_until: null,
}

test('a complete endpoint is read setting by setting', () => {
  assert.deepEqual(endpointOf(full), {
    id: 'levy-demo',
    tenantId: 'demo',
    source: 'levy',
    adapter: 'generic',
    enabled: true,
    auth: 'signature',
    apiKeyHeader: null,
    secrets: [{ id: 'k1', ref: 'file:levy-demo.k1', notBeforeMs: null, notAfterMs: null }],
    signature: {
      header: 'x-levy-signature',
      algorithm: 'hmac-sha256',
      encoding: 'hex',
      prefix: 'sha256=',
      prefixRequired: true,
      signedContent: '{body}',
      timestampHeader: null,
      idHeader: 'webhook-id',
      freshnessSeconds: null,
    },
    paths: {
      eventId: '$.event_id',
      eventType: '$.event_type',
      occurredAt: '$.occurred_at',
      resourceId: '$.resource_id',
      resourceType: '$.resource_type',
      subaccountId: '$.subaccount_id',
      deliveryAttempt: '$.delivery_attempt',
      data: '$.data',
    },
    fallbackPaths: {},
    limits: { bodyBytes: 262144, perSecond: null },
    acceptedEventTypes: null,
    onIdConflict: 'dead_letter',
    senderTimeoutMs: null,
    verifyArmedUntilMs: null,
  })
})

test('what a generic endpoint leaves out has the defaults of the envelope', () => {
  assert.deepEqual(levy, { ...endpointOf(full), limits: { bodyBytes: null, perSecond: null } })
})

test('the vendors of the other adapters fixed their signatures', () => {
  assert.equal(ump.signature.header, 'x-ump-signature')
  assert.equal(smartcar.signature.header, 'sc-signature')
  for (const { signature } of [ump, smartcar]) {
    assert.equal(signature.prefixRequired, false)
    assert.equal(signature.freshnessSeconds, null)
  }
  assert.equal(standardWebhooks.signature.header, 'webhook-signature')
  assert.equal(standardWebhooks.signature.freshnessSeconds, 300)
})

test('UMP has its envelope, and its names are configuration', () => {
  assert.equal(ump.paths.eventId, '$.id')
  assert.equal(ump.paths.resourceType, '$.resource.type')
  const renamed = endpointOf({ adapter: 'ump', signature: null, paths: { event_id: '$.ref' } })
  assert.equal(renamed.paths.eventId, '$.ref')
  assert.equal(renamed.paths.eventType, '$.type')
})

test('Standard Webhooks falls back to $.type and the like, but not for a configured path', () => {
  assert.equal(standardWebhooks.fallbackPaths.eventType, '$.type')
  const paths = { event_type: '$.kind' }
  const configured = endpointOf({ adapter: 'standard-webhooks', signature: null, paths })
  assert.equal(configured.paths.eventType, '$.kind')
  assert.deepEqual(configured.fallbackPaths, {
    occurredAt: '$.timestamp',
    resourceType: '$.data.resource_type',
    resourceId: '$.data.resource_id',
  })
})

test('an optional path set to null is not read', () => {
  const { paths } = endpointOf({ paths: { subaccount_id: null, event_id: null } })
  assert.equal(paths.subaccountId, null)
  assert.equal(paths.eventId, '$.event_id')
})

test('a time may be an epoch number, in seconds or milliseconds, as in bodies', () => {
  const { secrets, verifyArmedUntilMs } = endpointOf({
    secrets: [{ id: 'k1', ref: 'env:KEY', not_before: 1790000000, not_after: '1790000001000' }],
    verify_armed_until: 1790000002500,
  })
  assert.deepEqual(
    [secrets[0]?.notBeforeMs, secrets[0]?.notAfterMs, verifyArmedUntilMs],
    [1790000000000, 1790000001000, 1790000002500],
  )
})

test('times are RFC 3339 with a zone', () => {
  const endpoint = endpointOf({
    secrets: [
      { id: 'k1', ref: 'env:KEY', not_before: '2026-11-21T09:00:00+01:00', not_after: null },
      { id: 'k2', ref: 'file:/etc/keys/k2', not_after: '2026-11-21T08:00:00.5Z' },
    ],
    verify_armed_until: '2026-11-21T08:00:00Z',
  })
  const eight = Date.UTC(2026, 10, 21, 8)
  assert.equal(endpoint.verifyArmedUntilMs, eight)
  assert.deepEqual(
    endpoint.secrets.map(({ notBeforeMs, notAfterMs }) => [notBeforeMs, notAfterMs]),
    [
      [eight, null],
      [null, eight + 500],
    ],
  )
})

const signature = levySettings.signature
const problemCases: readonly [string, Record<string, unknown>, string][] = [
  ['an unknown setting', { colour: 1 }, 'endpoints[0].colour: unknown setting; the settings here'],
  ['no adapter', { adapter: undefined }, 'endpoints[0].adapter: must be "generic", "ump",'],
  ['an unknown adapter', { adapter: 'levy' }, '"smartcar" or "standard-webhooks", got "levy"'],
  ['no id', { id: undefined }, 'endpoints[0].id: must be 1 to 128 letters'],
  ['an id that leaves its folder', { id: '../x' }, 'endpoints[0].id: must be 1 to 128 letters'],
  ['an id with a slash', { id: 'a/b' }, 'endpoints[0].id'],
  ['an id of dots', { id: '..' }, 'endpoints[0].id'],
  ['an id that is a number', { id: 7 }, 'endpoints[0].id: must be 1 to 128 letters, digits'],
  ['an empty tenant', { tenant_id: '' }, 'endpoints[0].tenant_id: must be 1 to 128 printable'],
  ['a source with a line break', { source: 'a\nb' }, 'endpoints[0].source'],
  ['enabled as text', { enabled: 'yes' }, 'endpoints[0].enabled: must be true or false, got "yes"'],
  ['no secrets', { secrets: [] }, 'endpoints[0].secrets: must be a list of 1 to 16 secrets'],
  ['secrets as an object', { secrets: {} }, 'endpoints[0].secrets: must be a list'],
  [
    'a secret without a reference',
    { secrets: [{ id: 'k1' }] },
    'endpoints[0].secrets[0].ref: must be "file:<name>" or "env:<NAME>"',
  ],
  [
    'a reference out of the folder',
    { secrets: [{ id: 'k1', ref: 'file:../../etc/passwd' }] },
    'endpoints[0].secrets[0].ref',
  ],
  ['an empty reference', { secrets: [{ id: 'k1', ref: 'file:' }] }, 'endpoints[0].secrets[0].ref'],
  ['a bad variable', { secrets: [{ id: 'k1', ref: 'env:A B' }] }, 'endpoints[0].secrets[0].ref'],
  [
    'one secret id twice',
    { secrets: [...levySettings.secrets, ...levySettings.secrets] },
    'endpoints[0].secrets[1].id: "k1" is used by an earlier secret',
  ],
  [
    'a secret that ends before it begins',
    {
      secrets: [
        {
          id: 'k1',
          ref: 'env:K',
          not_before: '2026-11-21T08:00:00Z',
          not_after: '2026-11-21T08:00:00Z',
        },
      ],
    },
    'endpoints[0].secrets[0].not_after: must be later than not_before',
  ],
  [
    'a time without a zone',
    { verify_armed_until: '2026-11-21T08:00:00' },
    'endpoints[0].verify_armed_until: must be an RFC 3339 time with a zone',
  ],
  [
    'no signature',
    { signature: undefined },
    'endpoints[0].signature: must be an object, got nothing',
  ],
  ['no header', { signature: { prefix: '' } }, 'endpoints[0].signature.header: must be the name'],
  ['a header with a space', { signature: { header: 'x y' } }, 'endpoints[0].signature.header'],
  [
    'an unknown encoding',
    { signature: { ...signature, encoding: 'hexx' } },
    'endpoints[0].signature.encoding: must be "hex", "base64" or "base64url", got "hexx"',
  ],
  [
    'an unknown algorithm',
    { signature: { ...signature, algorithm: 'md5' } },
    'endpoints[0].signature.algorithm: must be "hmac-sha256" or "hmac-sha1", got "md5"',
  ],
  [
    'signed content without the body',
    { signature: { ...signature, signed_content: '{timestamp}' } },
    'endpoints[0].signature.signed_content: must be a template that contains {body}',
  ],
  [
    'an unknown placeholder',
    { signature: { ...signature, signed_content: '{url}{body}' } },
    'endpoints[0].signature.signed_content: unknown {url}; use {body}, {timestamp} or {id}',
  ],
  [
    'a signed timestamp from nowhere',
    { signature: { ...signature, signed_content: '{timestamp}.{body}' } },
    'endpoints[0].signature.timestamp_header: must name a header, because signed_content uses',
  ],
  [
    'freshness without a timestamp',
    { signature: { ...signature, freshness_seconds: 300 } },
    'endpoints[0].signature.timestamp_header: must name a header, because freshness_seconds',
  ],
  [
    'a freshness of nothing',
    { signature: { ...signature, timestamp_header: 'x-t', freshness_seconds: 0 } },
    'endpoints[0].signature.freshness_seconds: must be a whole number from 1 to 86400 or null',
  ],
  [
    'a template with the body twice',
    { signature: { ...signature, signed_content: '{body}{body}' } },
    'endpoints[0].signature.signed_content: must contain {body} once and have at most 256',
  ],
  [
    'a long template',
    { signature: { ...signature, signed_content: `{body}${'x'.repeat(251)}` } },
    'endpoints[0].signature.signed_content: must contain {body} once and have at most 256',
  ],
  [
    'a timestamp in the header of the signature',
    { signature: { ...signature, timestamp_header: 'x-levy-signature' } },
    'endpoints[0].signature.timestamp_header: must be another header than the signature',
  ],
  [
    'an id in the header of the timestamp',
    {
      signature: {
        ...signature,
        signed_content: '{id}.{timestamp}.{body}',
        timestamp_header: 'X-Time',
        id_header: 'x-time',
      },
    },
    'endpoints[0].signature.id_header: must be another header than signature and timestamp: x-time',
  ],
  [
    'an id header that is none',
    { signature: { ...signature, id_header: 'a b' } },
    'endpoints[0].signature.id_header: must be the name of a header, got "a b"',
  ],
  [
    'a prefix with a line break',
    { signature: { ...signature, prefix: 'sha256=\n' } },
    'endpoints[0].signature.prefix: must be printable ASCII',
  ],
  [
    'no accepted event types',
    { accepted_event_types: [] },
    'endpoints[0].accepted_event_types: must be null or a list of 1 to 256 types; an endpoint that',
  ],
  [
    'an event type that is no text',
    { accepted_event_types: ['reservation.created', 7] },
    "endpoints[0].accepted_event_types[1]: must be the source's own name of a type, 1 to 256 bytes",
  ],
  [
    'a freshness of an adapter that is no number',
    { adapter: 'standard-webhooks', signature: { freshness_seconds: '300' } },
    'endpoints[0].signature.freshness_seconds: must be a whole number from 1 to 86400 or null',
  ],
  [
    'a path with a filter',
    { paths: { event_id: '$..id[?(@.x)]' } },
    'endpoints[0].paths.event_id: must be a plain path as "$.a.b[0]"',
  ],
  [
    'a path that is no text',
    { paths: { data: 1 } },
    'endpoints[0].paths.data: must be a plain path',
  ],
  ['an unknown path', { paths: { color: '$.c' } }, 'endpoints[0].paths.color: unknown setting'],
  ['a limit of nothing', { limits: { body_bytes: 0 } }, 'endpoints[0].limits.body_bytes: must be'],
  ['a rate that is text', { limits: { per_second: '5' } }, 'endpoints[0].limits.per_second: must'],
  [
    'an unknown answer to conflicts',
    { on_id_conflict: 'ignore' },
    'endpoints[0].on_id_conflict: must be "dead_letter" or "count", got "ignore"',
  ],
]
for (const [name, settings, problem] of problemCases) {
  test(`an endpoint with ${name} is refused with its place and what to do`, () => {
    const problems = problemsOf([{ ...levySettings, ...settings }])
    assert.ok(
      problems.some(text => text.includes(problem)),
      problems.join('\n'),
    )
  })
}

test('all problems of a file are reported at once', () => {
  const problems = problemsOf([
    { ...levySettings, adapter: 'x' },
    { ...levySettings, id: 'b', secrets: null },
    'nothing',
  ])
  assert.equal(problems.filter(text => text.startsWith('endpoints[0].adapter')).length, 1)
  assert.ok(problems.some(text => text.startsWith('endpoints[1].secrets')))
  assert.ok(problems.includes('endpoints[2]: must be an object, got "nothing"'))
})

test('an id stands once in a file', () => {
  assert.deepEqual(problemsOf([levySettings, levySettings]), [
    'endpoints[1].id: "levy-demo" is already endpoints[0]; choose another id',
  ])
})

const badFiles: readonly [string, string, string][] = [
  ['that is no JSON', '{"version": 1,', 'the file: must be JSON'],
  ['that is a list', '[]', 'the file: must be an object, got []'],
  ['of another version', '{"version":2,"endpoints":[]}', 'version: must be 1, got 2'],
  ['without version', '{"endpoints":[]}', 'version: must be 1, got nothing'],
  ['without endpoints', '{"version":1}', 'endpoints: must be a list, got nothing'],
  ['with more beside', '{"version":1,"endpoints":[],"x":1}', 'x: unknown setting'],
]
for (const [name, text, problem] of badFiles) {
  test(`a file ${name} is refused`, () => {
    const reading = parseEndpoints(text, 'development')
    assert.equal(reading.ok, false)
    assert.ok(
      reading.problems.some(found => found.startsWith(problem)),
      reading.problems.join(),
    )
  })
}

test('a file may have no endpoints', () => {
  const text = '{"version":1,"endpoints":[]}'
  assert.deepEqual(parseEndpoints(text, 'production'), {
    ok: true,
    endpoints: [],
    ignored: [],
    warnings: [],
  })
})

const needless: readonly [string, string[]][] = [
  ['ump', ['endpoints[0].signature (levy-demo): fixed by the adapter ump']],
  [
    'standard-webhooks',
    ['endpoints[0].signature (levy-demo): fixed by the adapter standard-webhooks'],
  ],
  [
    'smartcar',
    [
      'endpoints[0].signature (levy-demo): fixed by the adapter smartcar',
      'endpoints[0].paths (levy-demo): fixed by the adapter smartcar',
    ],
  ],
]
for (const [adapter, ignored] of needless) {
  test(`${adapter} needs no signature: one that is given counts for nothing and is reported`, () => {
    const text = JSON.stringify({ version: 1, endpoints: [{ ...full, adapter }] })
    const reading = parseEndpoints(text, 'development')
    assert.ok(reading.ok)
    assert.deepEqual(reading.ignored, ignored)
    const [endpoint] = reading.endpoints
    assert.deepEqual(endpoint?.signature, endpointOf({ adapter, signature: null }).signature)
  })
}

const freshness: readonly [string, number | null][] = [
  ['standard-webhooks', 60],
  ['smartcar', 60],
  ['ump', null],
]
for (const [adapter, seconds] of freshness) {
  const rule = seconds === null ? 'can not be set' : 'can be set'
  test(`how old a delivery may be ${rule} for ${adapter}`, () => {
    const one = { ...levySettings, adapter, signature: { freshness_seconds: 60 } }
    const text = JSON.stringify({ version: 1, endpoints: [one] })
    const good = parseEndpoints(text, 'development')
    assert.ok(good.ok)
    assert.equal(good.endpoints[0]?.signature.freshnessSeconds, seconds)
    assert.equal(good.ignored.length, seconds === null ? 1 : 0)
  })
}

const weak: readonly [string, Record<string, unknown>, string[]][] = [
  ['HMAC-SHA256 over the body', {}, []],
  [
    'HMAC-SHA1, which is only taken where it is written',
    { algorithm: 'hmac-sha1' },
    [
      'endpoints[0].signature.algorithm (levy-demo): hmac-sha1 is outdated: ask the sender for hmac-sha256',
    ],
  ],
  [
    'freshness of a timestamp that is not signed',
    { timestamp_header: 'x-time', freshness_seconds: 60 },
    [
      'endpoints[0].signature.freshness_seconds (levy-demo): the timestamp is not signed: anyone can make an old delivery look fresh',
    ],
  ],
  [
    'an id right beside the timestamp',
    { timestamp_header: 'x-time', signed_content: '{timestamp}{id}.{body}' },
    [
      'endpoints[0].signature.signed_content (levy-demo): nothing separates {id} from what is beside it: characters can move from one to the other',
    ],
  ],
]
for (const [name, changed, warnings] of weak) {
  test(`what protects less than it could is taken with a warning: ${name}`, () => {
    const one = { ...levySettings, signature: { ...signature, ...changed } }
    const reading = parseEndpoints(JSON.stringify({ version: 1, endpoints: [one] }), 'development')
    assert.ok(reading.ok)
    assert.deepEqual(reading.warnings, warnings)
  })
}

test('accepted event types are the names of the source', () => {
  const types = ['reservation.created', 'VEHICLE_STATE', 'eventBased:GEOFENCE_EXIT', 'Größe']
  assert.deepEqual(endpointOf({ accepted_event_types: types }).acceptedEventTypes, types)
})

test('settings that are null are not reported as ignored', () => {
  const one = { ...full, adapter: 'smartcar', signature: null, paths: null }
  const reading = parseEndpoints(JSON.stringify({ version: 1, endpoints: [one] }), 'development')
  assert.ok(reading.ok)
  assert.deepEqual(reading.ignored, [])
})

test('a secret in place of a reference is never quoted', () => {
  const secret = 'whsec_c2VjcmV0'
  for (const secrets of [[{ id: 'k1', ref: secret }], [secret], secret]) {
    const problems = problemsOf([{ ...levySettings, secrets }])
    assert.ok(problems.length > 0)
    assert.ok(!problems.join('\n').includes(secret), problems.join('\n'))
  }
})

test('production refuses the demo endpoints', () => {
  const file = JSON.stringify({ version: 1, endpoints: [levySettings] })
  assert.deepEqual(parseEndpoints(file, 'production'), {
    ok: false,
    problems: ['endpoints[0].id: "levy-demo" is a demo endpoint, not for production; remove it'],
  })
  const own = JSON.stringify({ version: 1, endpoints: [{ ...levySettings, id: 'acme-levy' }] })
  assert.equal(parseEndpoints(own, 'production').ok, true)
})

test('reading never throws, whatever the file', () => {
  const settings = fc.dictionary(fc.constantFrom(...Object.keys(full)), fc.jsonValue())
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), settings), value => {
      const file = { version: 1, endpoints: [value] }
      const reading = parseEndpoints(JSON.stringify(file), 'production')
      assert.equal(reading.ok, false)
    }),
  )
})

function problemsOf(endpoints: readonly unknown[]): string[] {
  const reading = parseEndpoints(JSON.stringify({ version: 1, endpoints }), 'development')
  return reading.ok ? [] : reading.problems
}
