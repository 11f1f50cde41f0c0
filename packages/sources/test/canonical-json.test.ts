import assert from 'node:assert/strict'
import { test } from 'node:test'

import fc from 'fast-check'

import { canonicalJson } from '../src/canonical-json.ts'

// RFC 8785 §3.2.2.
const sample = String.raw`{
  "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
  "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
  "literals": [null, true, false]
}`
const canonicalSample =
  '{"literals":[null,true,false],' +
  '"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
  String.raw`"string":"€$\u000f\nA'B\"\\\\\"/"}`

test('the sample of RFC 8785 §3.2.2 has its canonical text', () => {
  assert.equal(canonicalJson(JSON.parse(sample)), canonicalSample)
})

test('members are sorted by UTF-16 code units, as in RFC 8785 §3.2.3', () => {
  const members = {
    '\u20ac': 'Euro Sign',
    '\r': 'Carriage Return',
    '\ufb33': 'Hebrew Letter Dalet With Dagesh',
    '1': 'One',
    '\ud83d\ude00': 'Emoji: Grinning Face',
    '\u0080': 'Control',
    '\u00f6': 'Latin Small Letter O With Diaeresis',
  }
  const order = [...canonicalJson(members).matchAll(/:"([^"]*)"/g)].map(match => match[1])
  assert.deepEqual(order, [
    'Carriage Return',
    'One',
    'Control',
    'Latin Small Letter O With Diaeresis',
    'Euro Sign',
    'Emoji: Grinning Face',
    'Hebrew Letter Dalet With Dagesh',
  ])
})

// RFC 8785 appendix B: bits of the double, its text.
const numbers: readonly [bits: string, text: string][] = [
  ['0000000000000000', '0'],
  ['8000000000000000', '0'],
  ['0000000000000001', '5e-324'],
  ['8000000000000001', '-5e-324'],
  ['7fefffffffffffff', '1.7976931348623157e+308'],
  ['ffefffffffffffff', '-1.7976931348623157e+308'],
  ['4340000000000000', '9007199254740992'],
  ['c340000000000000', '-9007199254740992'],
  ['4430000000000000', '295147905179352830000'],
  ['44b52d02c7e14af5', '9.999999999999997e+22'],
  ['44b52d02c7e14af6', '1e+23'],
  ['44b52d02c7e14af7', '1.0000000000000001e+23'],
  ['444b1ae4d6e2ef4e', '999999999999999700000'],
  ['444b1ae4d6e2ef4f', '999999999999999900000'],
  ['444b1ae4d6e2ef50', '1e+21'],
  ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
  ['3eb0c6f7a0b5ed8d', '0.000001'],
  ['41b3de4355555553', '333333333.3333332'],
  ['41b3de4355555554', '333333333.33333325'],
  ['41b3de4355555555', '333333333.3333333'],
  ['41b3de4355555556', '333333333.3333334'],
  ['41b3de4355555557', '333333333.33333343'],
  ['becbf647612f3696', '-0.0000033333333333333333'],
  ['43143ff3c1cb0959', '1424953923781206.2'],
]

test('numbers have the texts of RFC 8785 appendix B', () => {
  for (const [bits, text] of numbers) {
    assert.equal(canonicalJson(Buffer.from(bits, 'hex').readDoubleBE()), text, bits)
  }
})

test('what RFC 8785 has no text for does not throw', () => {
  assert.equal(canonicalJson(JSON.parse('[1e400]')), '[null]')
  assert.equal(canonicalJson('\ud800'), String.raw`"\ud800"`)
  assert.equal(
    canonicalJson(JSON.parse('{"__proto__":{"b":1,"a":2}}')),
    '{"__proto__":{"a":2,"b":1}}',
  )
})

test('the text does not depend on the order of members and reads back as the same value', () => {
  fc.assert(
    fc.property(fc.jsonValue(), value => {
      const text = canonicalJson(value)
      assert.equal(canonicalJson(reversed(value)), text)
      assert.equal(canonicalJson(JSON.parse(text)), text)
      assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)))
    }),
  )
})

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).reverse()
  return Object.fromEntries(entries.map(([name, item]) => [name, reversed(item)]))
}

/** The rule in its plain form, which the fast one must never differ from. */
function plainCanonicalJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(plainCanonicalJson).join()}]`
  const members = value as Record<string, unknown>
  const texts = Object.keys(members)
    .toSorted()
    .map(name => `${JSON.stringify(name)}:${plainCanonicalJson(members[name])}`)
  return `{${texts.join()}}`
}

// Names that meet again in other orders and prefixes, numbers among them, and too many or too long.
const sharedNames = fc.constantFrom('a', 'b', 'ab', '1', '10', '2', '__proto__', 'x'.repeat(65))
const shapes = fc.letrec<{ value: unknown }>(tie => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.oneof(fc.string({ unit: 'binary' }), fc.double(), fc.boolean(), fc.constant(null)),
    fc.string({ minLength: 40, maxLength: 60 }),
    fc.array(tie('value'), { maxLength: 3 }),
    fc
      .array(fc.tuple(fc.oneof(sharedNames, fc.string()), tie('value')), { maxLength: 60 })
      .map(entries => Object.fromEntries(entries)),
  ),
})).value

test('the text is that of the plain rule, however often a shape has been met', () => {
  fc.assert(
    fc.property(shapes, value => {
      const text = plainCanonicalJson(value)
      assert.equal(canonicalJson(value), text)
      assert.equal(canonicalJson(value), text)
    }),
    { numRuns: 2000 },
  )
})
