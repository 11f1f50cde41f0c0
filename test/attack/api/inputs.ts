// What the fuzzer sends, made from the OpenAPI document: bodies that are valid, at the bounds, a little
// wrong and all wrong; parameters and conditions alike.

import fc from 'fast-check'
import type { Operation, Parameter } from './document.ts'
import { resolved, typesOf } from './json-schema.ts'
import type { Json, JsonObject, Schema, Schemas } from './json-schema.ts'

/** Every secret that is sent contains it; nothing that is answered or logged may. */
export const canary = 'canary-7c1f'

export const who = [
  'root',
  'admin',
  'writer',
  'reader',
  'sender',
  'other',
  'wrong',
  'none',
] as const
export type Who = (typeof who)[number]

export interface Input {
  readonly operation: Operation
  readonly who: Who
  /** Path with its query, ready to be sent. */
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  /** Text of the body; null: none. */
  readonly body: string | null
}

const hostileTexts = [
  '',
  ' ',
  '.',
  '..',
  '../../etc/passwd',
  '/',
  '%',
  '%00',
  '%2e%2e%2f',
  '\u0000',
  '\u001b[31m',
  '\u009b31m',
  '\u202Eevil',
  '\ud800',
  '\uFFFF',
  '😀'.repeat(40),
  'a'.repeat(129),
  'A'.repeat(5000),
  '__proto__',
  'constructor',
  'toString',
  'null',
  'true',
  '-1',
  '9007199254740993',
  '1e400',
  "' or 1=1 --",
  '<script>alert(1)</script>',
  '=cmd()',
  '${7*7}',
  'file:../../etc/passwd',
  'env:PATH',
  'env:FLEET_CONTROL_KEY_REF',
]

const hostileText = fc.oneof(
  fc.constantFrom(...hostileTexts),
  fc.string({ maxLength: 60 }),
  fc.string({ unit: 'binary', maxLength: 60 }),
)

const hostileJson: fc.Arbitrary<Json> = fc.oneof(
  hostileText,
  fc.constantFrom<Json>(null, true, false, 0, -1, 1.5, 1e308, 2 ** 53, [], {}, [[]]),
  fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>,
  fc.constant(JSON.parse('{"__proto__":{"isAdmin":true},"constructor":{"prototype":{}}}') as Json),
  fc.constant(Array.from({ length: 3000 }, () => 'x') as Json),
)

/** Endpoints that the rules take, and some that they nearly take. */
const definition: fc.Arbitrary<Json> = fc.record(
  {
    source: fc.oneof(fc.constant('levy'), hostileText),
    adapter: fc.oneof(
      fc.constantFrom('generic', 'ump', 'smartcar', 'standard-webhooks'),
      hostileJson,
    ),
    signature: fc.oneof(fc.constant({ header: 'x-levy-signature' } as Json), hostileJson),
    paths: fc.oneof(fc.constant({ event_id: '$.id' } as Json), hostileJson),
    limits: fc.oneof(fc.constant({ per_second: 5 } as Json), hostileJson),
    auth: fc.oneof(fc.constantFrom<Json>('api-key', 'signature'), hostileJson),
    enabled: hostileJson,
    sender_timeout_ms: fc.oneof(fc.integer() as fc.Arbitrary<Json>, hostileJson),
  },
  { requiredKeys: ['source', 'adapter'] },
) as fc.Arbitrary<Json>

/** A value the schema takes, most often; at its bounds where it has some. */
function valueOf(schema: Schema, schemas: Schemas, name = ''): fc.Arbitrary<Json> {
  const rule = resolved(schema, schemas)
  if (name === 'definition')
    return fc.oneof(definition, fc.constant({ ...plainDefinition } as Json))
  if (name === 'tenant_id') return fc.constantFrom<Json>('acme', 'acme', 'beta', 'none')
  if (name === 'endpoint_id') return fc.constantFrom<Json>(null, null, null, 'levy', 'none')
  if (name === 'value') return hostileText.map(text => `${canary}${text}`)
  if (rule.enum !== undefined) return fc.constantFrom(...rule.enum)
  const types = typesOf(rule)
  return fc.oneof(
    ...(types.length === 0 ? ['string'] : types).map(type => typed(type, rule, schemas)),
  )
}

export const plainDefinition = {
  source: 'levy',
  adapter: 'generic',
  signature: { header: 'x-levy-signature' },
}

function typed(type: string, rule: Schema, schemas: Schemas): fc.Arbitrary<Json> {
  switch (type) {
    case 'null':
      return fc.constant(null)
    case 'boolean':
      return fc.boolean()
    case 'integer': {
      const { minimum: min = 0, maximum: max = 2 ** 31 } = rule
      return fc.constantFrom(min, min + 1, max - 1, max)
    }
    case 'array':
      return fc.uniqueArray(valueOf(rule.items ?? {}, schemas), {
        minLength: rule.minItems ?? 0,
        maxLength: 3,
        selector: item => JSON.stringify(item),
      })
    case 'object':
      return objectOf(rule, schemas)
    default:
      return textOf(rule)
  }
}

function textOf({ format, minLength = 0, maxLength = 128 }: Schema): fc.Arbitrary<Json> {
  if (format === 'date-time') {
    return fc.constantFrom(
      '2027-01-01T00:00:00Z',
      '2099-12-31T23:59:59.999999+14:00',
      '2027-01-01T00:00Z',
      '1970-01-01T00:00:00Z',
    )
  }
  const bounds = [minLength, minLength + 1, maxLength].map(length => 'n'.repeat(length))
  const usual = fc.constantFrom(...bounds, 'Acme', 'n')
  return fc.oneof({ weight: 3, arbitrary: usual }, fc.string({ minLength, maxLength }))
}

function objectOf(
  { properties = {}, required = [] }: Schema,
  schemas: Schemas,
): fc.Arbitrary<Json> {
  const members = Object.entries(properties).map(
    ([name, schema]) => [name, valueOf(schema, schemas, name)] as const,
  )
  return fc.record(Object.fromEntries(members), {
    requiredKeys: required.filter(name => Object.hasOwn(properties, name)),
  }) as fc.Arbitrary<Json>
}

/** One member changed, left out or added. */
function nearly(valid: fc.Arbitrary<Json>): fc.Arbitrary<Json> {
  return fc.tuple(valid, fc.nat(7), hostileJson, hostileText).map(([value, at, other, name]) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return other
    const given = value as JsonObject
    const names = Object.keys(given)
    const chosen = names[at % Math.max(1, names.length)] ?? 'x'
    if (at % 3 === 0) return { ...given, [name]: other }
    if (at % 3 === 1) return { ...given, [chosen]: other }
    return Object.fromEntries(Object.entries(given).filter(([each]) => each !== chosen))
  })
}

const notJson = fc.constantFrom(
  '',
  '{',
  '[]',
  'null',
  '{"name":"a"}{"name":"b"}',
  '\uFEFF{"name":"a"}',
  '{"name":"a","name":"b"}',
  '['.repeat(20_000),
  `{"a":${'['.repeat(5000)}${']'.repeat(5000)}}`,
  `{"name":"${'x'.repeat(70_000)}"}`,
  '{"name":1e400}',
  '{"name":"\\ud800"}',
)

function bodyOf(schema: Schema, schemas: Schemas): fc.Arbitrary<string> {
  const valid = valueOf(schema, schemas)
  return fc.oneof(
    { weight: 4, arbitrary: valid.map(value => JSON.stringify(value)) },
    { weight: 4, arbitrary: nearly(valid).map(value => JSON.stringify(value)) },
    { weight: 1, arbitrary: hostileJson.map(value => JSON.stringify(value)) },
    { weight: 1, arbitrary: notJson },
  )
}

/** Percent-encoded as bytes: lone surrogates, too, become something that can be sent. */
function encoded(text: string): string {
  return [...Buffer.from(text)]
    .map(byte => {
      const character = String.fromCharCode(byte)
      const hex = byte.toString(16).padStart(2, '0').toUpperCase()
      return /[A-Za-z0-9_~-]/.test(character) ? character : `%${hex}`
    })
    .join('')
}

/** By a part of the path: what stands there when all is well, in the order of the parameters. */
const usualIds: readonly (readonly [string, readonly (readonly string[])[]])[] = [
  [
    '/secrets',
    [
      ['levy', 'other'],
      ['k1', 'k2'],
    ],
  ],
  ['/tenants', [['acme', 'beta', 'made-1', 'made-2']]],
  ['/endpoints', [['levy', 'other', 'made-1', 'made-2']]],
  ['/resources', [['reservation'], ['R1']]],
]

const brokenPaths = ['%zz', '%c0%af', '%ff', '%00', '%2F', 'a%2Fb', ';', ':']

function pathTexts(path: string, keyIds: readonly string[]): fc.Arbitrary<string[]> {
  const count = path.split(/\{\w+\}/).length - 1
  const known = usualIds.find(([part]) => path.includes(part))?.[1] ?? [keyIds]
  const texts = Array.from({ length: count }, (_, index) =>
    fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom(...(known[index] ?? ['x'])) },
      { weight: 2, arbitrary: hostileText.map(encoded) },
      { weight: 1, arbitrary: fc.constantFrom(...brokenPaths) },
    ),
  )
  return fc.tuple(...texts)
}

function usualQuery({ parameters }: Operation): fc.Arbitrary<string> {
  return fc.constant(parameters.some(({ name }) => name === 'tenant') ? '?tenant=acme' : '')
}

function queryOf(parameters: readonly Parameter[]): fc.Arbitrary<string> {
  const names = parameters.filter(each => each.in === 'query').map(({ name }) => name)
  const name = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...names, 'tenant') },
    { weight: 1, arbitrary: hostileText.map(encoded) },
  )
  const value = fc.oneof(
    fc.constantFrom('1', '0', '500', '501', '-1', '1.5', '1e3', '999999999999', 'true', 'acme', ''),
    hostileText.map(encoded),
  )
  return fc
    .array(fc.tuple(name, value), { maxLength: 3 })
    .map(pairs => (pairs.length === 0 ? '' : `?${pairs.map(pair => pair.join('=')).join('&')}`))
}

const condition = fc.constantFrom(
  '*',
  '"1"',
  '"7"',
  'W/"1"',
  '"1", "2"',
  'x',
  '',
  '"999999999999999999"',
)
const headers = fc.record(
  {
    'if-match': condition,
    'if-none-match': fc.constantFrom('*', '"1"', 'x'),
    'content-type': fc.constantFrom(
      'application/json',
      'text/plain',
      'application/json; charset=utf-16',
    ),
    'content-encoding': fc.constantFrom('gzip', 'identity', 'br'),
    'x-http-method-override': fc.constant('DELETE'),
    'x-forwarded-host': fc.constant('evil.example'),
  },
  { requiredKeys: [] },
)
/** Most requests are conditional and JSON, as those of a client that works. */
const usualHeaders = fc.oneof(
  fc.constant({ 'if-none-match': '*' }),
  fc.constant({ 'if-match': '*' }),
  fc.constant({}),
)

/** @param keyIds of API keys that may be rotated and removed. */
export function inputOf(
  operations: readonly Operation[],
  schemas: Schemas,
  keyIds: readonly string[],
): fc.Arbitrary<Input> {
  return fc.oneof(
    ...operations.map(operation => {
      const segments = operation.path.split(/\{\w+\}/)
      return fc
        .record({
          who: fc.oneof(
            { weight: 3, arbitrary: fc.constant<Who>('root') },
            fc.constantFrom(...who),
          ),
          texts: pathTexts(operation.path, keyIds),
          query: fc.oneof(
            { weight: 4, arbitrary: usualQuery(operation) },
            queryOf(operation.parameters),
          ),
          headers: fc.oneof({ weight: 6, arbitrary: usualHeaders }, headers),
          body: operation.body === null ? fc.constant(null) : bodyOf(operation.body, schemas),
        })
        .map(({ who, texts, query, headers, body }): Input => {
          const path = segments.map((segment, index) => segment + (texts[index] ?? '')).join('')
          return { operation, who, target: path + query, headers: clean(headers), body }
        })
    }),
  )
}

function clean(given: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(given).filter((pair): pair is [string, string] => pair[1] !== undefined),
  )
}
