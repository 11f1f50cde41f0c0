// Bytes and headers that nobody sends in earnest: valid deliveries changed a little, texts that are almost
// JSON or too much of it, and noise. Everything is made of small choices, so that a failure can be made
// smaller and replayed by its seed.

import fc from 'fast-check'

/** Pieces that have broken parsers, hashes and lookups elsewhere. */
const pieces: readonly Buffer[] = [
  ...[
    ['null', 'true', '{', '}', '[', ']', '"', '\\', ',', ':', '-', '.', 'e', '0', '{}', '[]', '""'],
    ['1e400', '-1e400', '9007199254740993', '-0', '0.1e-400', '1E+308', '9'.repeat(400), '1e21'],
    ['"__proto__":{"x":1},', '"constructor":{"prototype":{}},', '"toString":1,', '"length":-1,'],
    ['"event_id":"other",', '"eventType":"VERIFY",', '"eventName":"verify",', '"data":[],'],
    ['"mode":"test",', '"meta":{"mode":"TEST","deliveredAt":1e300},', '"vehicles":{},'],
    [
      '\\ud800',
      '\\udfff\\ud800',
      '\\u0000',
      '\\u',
      '\ufeff',
      '\0',
      '\u2028',
      '\u{1F600}',
      '\u00A0',
    ],
    ['0000-00-00T00:00:00Z', '+275760-09-13T00:00:00Z', '2026-02-30T25:61:61Z', '1795250000000'],
    ['2026-11-21T23:59:60Z', '999999999999999999999', 'TEST', 'EUR', '12.505', '-12,5', 'ERROR'],
    ['['.repeat(70), '{"a":'.repeat(70), ']'.repeat(70), '"x",'.repeat(70), 'x'.repeat(5000)],
    ['../', '%2e%2e', '$.a', '$', '{{x}}', "'; --", '<script>', 'ｅｖｉｌ', 'İ', 'ß', 'ΐ'],
  ]
    .flat()
    .map(text => Buffer.from(text)),
  ...[[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82], [0x80]].map(
    bytes => Buffer.from(bytes),
  ),
]

const change = fc.record({
  kind: fc.constantFrom('flip', 'set', 'cut', 'repeat', 'insert', 'replace', 'end'),
  at: fc.nat({ max: 5000 }),
  size: fc.nat({ max: 40 }),
  byte: fc.nat({ max: 255 }),
  piece: fc.constantFrom(...pieces),
})
type Change = typeof change extends fc.Arbitrary<infer Value> ? Value : never

function changed(bytes: Buffer, { kind, at, size, byte, piece }: Change): Buffer {
  const from = bytes.length === 0 ? 0 : at % bytes.length
  const [before, rest] = [bytes.subarray(0, from), bytes.subarray(from)]
  const after = rest.subarray(size)
  switch (kind) {
    case 'flip':
    case 'set': {
      const copy = Buffer.from(bytes)
      if (copy.length > 0)
        copy[from] = kind === 'set' ? byte : (copy[from] ?? 0) ^ (1 << (byte & 7))
      return copy
    }
    case 'cut':
      return Buffer.concat([before, after])
    case 'repeat':
      return Buffer.concat([before, rest.subarray(0, size), rest])
    case 'insert':
      return Buffer.concat([before, piece, rest])
    case 'replace':
      return Buffer.concat([before, piece, after])
    case 'end':
      return before
  }
}

/** The bytes as they are, or after a few changes. */
export function changedBytes(originals: readonly Buffer[], changesMax = 4): fc.Arbitrary<Buffer> {
  return fc
    .tuple(fc.constantFrom(...originals), fc.array(change, { maxLength: changesMax }))
    .map(([original, changes]) => changes.reduce(changed, original))
}

const names = (
  'event_id event_type occurred_at resource_id resource_type subaccount_id delivery_attempt data meta ' +
  'mode tenant_id id type timestamp resource eventId eventType eventName vehicleId payload vehicles ' +
  'signals errors error triggers vehicle user code path body value status state resolution oemUpdatedAt ' +
  'retrievedAt deliveredAt challenge requestId webhookId amount amount_minor currency category customer_id ' +
  'starts_at latitude year unit __proto__ constructor hasOwnProperty toString length'
).split(' ')
const texts = [
  ['VEHICLE_STATE', 'VEHICLE_ERROR', 'VERIFY', 'verify', 'schedule', 'dynamic', 'eventBased'],
  ['billing.charge_succeeded', 'claim.opened', 'booking_created', 'reservation.', '.', 'rental_'],
  ['EUR', 'eur', 'XXX', '12.50', '-0', '0.000', '1e3', 'TEST', 'simulated', 'SUCCESS', 'RESOLVED'],
  ['2026-11-21T08:00:00Z', '1795248000', '2026-11-21', 'PERMISSION', 'X_AUTHENTICATION_FAILED'],
].flat()
const numbers = [
  '0',
  '-1',
  '1',
  '1795248000',
  '1795248000000',
  '9007199254740993',
  '1e400',
  '-1e-400',
]

/** Lone surrogates too; as a sum of ranges, because ASCII is what most checks look for. */
function anyText(charactersMax: number): fc.Arbitrary<string> {
  const code = fc.oneof(fc.nat({ max: 0x7f }), fc.nat({ max: 0xffff }), fc.nat({ max: 0x10ffff }))
  return fc.array(code, { maxLength: charactersMax }).map(codes => String.fromCodePoint(...codes))
}

const text = fc.oneof(fc.constantFrom(...texts), anyText(40)).map(value => JSON.stringify(value))
const name = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...names).map(value => JSON.stringify(value)) },
  { weight: 1, arbitrary: text },
)

/** JSON as text, so that a name can stand twice and a number can be any. */
const { value: jsonText } = fc.letrec<{ value: string; object: string }>(tie => ({
  value: fc.oneof(
    { maxDepth: 5 },
    text,
    fc.constantFrom(...numbers, 'null', 'true', 'false', '"\\ud800"', '"\\u0000"', '[]', '{}'),
    fc.array(tie('value'), { maxLength: 4 }).map(values => `[${values.join(',')}]`),
    tie('object'),
    tie('object'),
  ),
  object: fc
    .array(fc.tuple(name, tie('value')), { maxLength: 9 })
    .map(entries => `{${entries.map(([key, value]) => `${key}:${value}`).join(',')}}`),
}))

/** Such a document after a beginning of an object; of a name that stands twice the later counts. */
function documents(beginnings: readonly string[]): fc.Arbitrary<string> {
  return fc
    .tuple(
      fc.constantFrom(...beginnings),
      fc.array(fc.tuple(name, jsonText), { minLength: 1, maxLength: 6 }),
    )
    .map(
      ([head, entries]) => `${head}${entries.map(([key, value]) => `${key}:${value}`).join(',')}}`,
    )
}

/** Made only when chosen: each is as large as a body may be, or deeper than any walk should go. */
const giants: readonly (() => string)[] = [
  () => '['.repeat(200_000),
  () => '['.repeat(65) + ']'.repeat(65),
  () => `${'['.repeat(64)}${']'.repeat(64)}`,
  () => `${'{"a":'.repeat(40_000)}1${'}'.repeat(40_000)}`,
  () => `{"data":${'{"data":'.repeat(62)}{}${'}'.repeat(63)}`,
  () => `{"event_id":"${'x'.repeat(250_000)}"}`,
  () => `{"data":{${Array.from({ length: 20_000 }, (_, i) => `"k${i}":${i}`).join(',')}}}`,
  () => `{${'"event_id":"e",'.repeat(15_000)}"x":1}`,
  () => `{"payload":{"vehicles":[${'{"vehicleId":"v"},'.repeat(10_000)}{}]},"eventName":"dynamic"}`,
  () => `{"data":{"signals":[${'{"code":"c"},'.repeat(10_000)}{}]},"eventType":"VEHICLE_STATE"}`,
  () => `{"data":"${'\\ud800'.repeat(40_000)}"}`,
  () => `{"occurred_at":${'9'.repeat(200_000)}}`,
  () => `{"data":{"amount":"${'9'.repeat(100_000)}.${'9'.repeat(100_000)}","currency":"EUR"}}`,
  () => `{"data":{"starts_at":"2026-11-21T08:00:00.${'0'.repeat(200_000)}Z"}}`,
  () => `"${'\\\\'.repeat(100_000)}"`,
  () => '{"a":"'.repeat(40_000),
  () => ' '.repeat(250_000),
]

/** Any bytes that may arrive as a body: changed originals, objects that begin so, other JSON, noise. */
export function hostileBody(
  originals: readonly Buffer[],
  beginnings: readonly string[],
): fc.Arbitrary<Buffer> {
  const asBytes = (json: fc.Arbitrary<string>): fc.Arbitrary<Buffer> =>
    json.map(value => Buffer.from(value))
  const document = asBytes(documents(beginnings))
  return fc.oneof(
    { weight: 600, arbitrary: changedBytes(originals) },
    { weight: 900, arbitrary: document },
    { weight: 160, arbitrary: asBytes(jsonText) },
    { weight: 160, arbitrary: document.chain(bytes => changedBytes([bytes], 2)) },
    { weight: 160, arbitrary: fc.uint8Array({ maxLength: 300 }).map(bytes => Buffer.from(bytes)) },
    { weight: 1, arbitrary: fc.constantFrom(...giants).map(make => Buffer.from(make())) },
  )
}

const headerNames = [
  ['x-levy-signature', 'x-signature', 'x-ump-signature', 'sc-signature', 'webhook-signature'],
  ['webhook-id', 'webhook-timestamp', 'x-time', 'x-delivery', 'content-type', 'user-agent'],
  ['__proto__', 'constructor', 'toString'],
].flat()
const headerTexts = [
  ['', ' ', ',', 'v1,', 'v1a,', 'v0=', 'sha256=', 'sha256=sha256=', 'v1,=', 'v1,AAAA', 'v1a,AAAA'],
  [
    'v1, v1,',
    ' v1,AAAA',
    'v1,AAAA,',
    'v2,AAAA',
    'msg.1',
    'msg_1',
    '\t1795250000\t',
    '1795250000abc',
  ],
  ['-1', '1e9', '0x6b', '1795250000.0', '٠٠', 'Infinity', 'NaN', '9'.repeat(400), 'a\r\nb', '\0'],
  [
    '\u00a0',
    'é',
    '€',
    '\ud800',
    `v1a,${'A'.repeat(86)}==`,
    'v1,AAAA '.repeat(16),
    '='.repeat(9000),
  ],
  `${`v1a,${'A'.repeat(86)}== `.repeat(4)}`.trim(),
].flat()
const headerText = fc.oneof(fc.constantFrom(...headerTexts), anyText(100))
const headerValue = fc.oneof(
  { weight: 4, arbitrary: headerText },
  { weight: 1, arbitrary: fc.array(headerText, { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.constant(undefined) },
)

export type Headers = Record<string, string | readonly string[] | undefined>

/** Headers without a prototype, as Node hands them over. */
export const hostileHeaders: fc.Arbitrary<Headers> = fc
  .array(fc.tuple(fc.constantFrom(...headerNames), headerValue), { maxLength: 6 })
  .map(entries => withHeaders({}, entries))

export function withHeaders(
  original: Readonly<Headers>,
  entries: readonly (readonly [string, Headers[string]])[],
): Headers {
  const headers: Headers = Object.assign(Object.create(null) as Headers, original)
  for (const [key, value] of entries) headers[key] = value
  return headers
}

/** Headers of a valid delivery with one of them changed, or with other headers beside them. */
export function changedHeaders(original: Readonly<Headers>): fc.Arbitrary<Headers> {
  const own = Object.entries(original)
  const oneChanged = fc.constantFrom(...own).chain(([key, value]) => {
    const bytes = Buffer.from(String(value), 'latin1')
    const single = changedBytes([bytes], 2).map(each => each.toString('latin1'))
    const listed = single.map(each => [each])
    const doubled = single.map(each => [String(value), each])
    return fc
      .oneof(single, single, listed, doubled, headerValue)
      .map(each => [[key, each]] as const)
  })
  const others = fc.array(fc.tuple(fc.constantFrom(...headerNames), headerValue), { maxLength: 2 })
  return fc.oneof(oneChanged, others).map(entries => withHeaders(original, entries))
}
