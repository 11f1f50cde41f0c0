// Texts of JSON as senders write them, for tests: values in which no text needs an escape, with space
// between the tokens, and what a slip of the hand makes of such a text.

import fc from 'fast-check'

import type { Json } from '../src/strict-json.ts'

/** Needs no escape in JSON; ASCII and beyond. */
export const plainText = fc
  .oneof(
    fc.string({ unit: 'binary-ascii', maxLength: 40 }),
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.constantFrom('Straße', '\ufeffmark', '\u{1f600}', 'x'.repeat(300), '\u2028'),
  )
  .map(text => text.replaceAll(/["\\\p{Cc}\p{Cs}]/gu, ''))
  .chain(text => fc.constantFrom(text, `${text}\u007f`))

const numbers = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0, 1, 9, 10, 99, 100, -1, 2_147_483_647, -2_147_483_648, 2_147_483_648, 1e21),
  fc.constantFrom(0.1, 0.05, 1e-6, 1e-7, 1.5e-7, 123_456_789_012_345, 999_999_999_999_999_900),
)

/** Written otherwise than ECMAScript writes them. */
export const numberTexts = fc.constantFrom(
  ...'-0 -0.0 0.0 1.0 1.50 1e2 1E+2 1e-2 1e20 1e21 1e400 -1e400 0.0000001 0.000001 0.00001'.split(
    ' ',
  ),
  ...'9007199254740993 123456789012345678901 0.1000000000000000055511151231257827'.split(' '),
  ...'52.33800308126956 5e-324 1.7976931348623157e308 100000000000000.5 -0.5 0e0'.split(' '),
)

const names = fc.oneof(plainText, fc.constantFrom('a', 'b', 'id', '__proto__', '1', 'constructor'))

export const { value: plainValue } = fc.letrec<{ value: Json }>(tie => ({
  value: fc.oneof(
    { maxDepth: 4 },
    plainText,
    numbers,
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc
      .uniqueArray(fc.tuple(names, tie('value')), { maxLength: 6, selector: ([name]) => name })
      .map(entries => Object.fromEntries(entries)),
  ),
}))

const space = fc.constantFrom('', '', '', ' ', '\n', '\r\n\t ')

/** JSON text of a value: names in the order of the value, space and other forms of numbers in between. */
export const plainJson = fc
  .tuple(
    plainValue,
    fc.infiniteStream(space),
    fc.infiniteStream(fc.option(numberTexts, { freq: 4 })),
  )
  .map(([value, spaces, forms]) => {
    const gap = (): string => spaces.next().value ?? ''
    const text = (each: Json): string => {
      if (typeof each === 'number') return forms.next().value ?? JSON.stringify(each)
      if (typeof each !== 'object' || each === null) return JSON.stringify(each)
      const isList = Array.isArray(each)
      const items = isList
        ? (each as readonly Json[]).map(item => gap() + text(item) + gap())
        : Object.entries(each).map(
            ([name, item]) =>
              `${gap()}${JSON.stringify(name)}${gap()}:${gap()}${text(item as Json)}${gap()}`,
          )
      const inner = items.length === 0 ? gap() : items.join(',')
      return isList ? `[${inner}]` : `{${inner}}`
    }
    return gap() + text(value) + gap()
  })

const slips = ['"', '\\', ',', ':', '{', '}', '[', ']', '0', '-', '.', 'e', ' ', '\0', 'é', 'true']

/** One place of the text changed: nothing, or something else, stands there. */
export function slipped(text: string, at: number, kind: number): string {
  const place = text.length === 0 ? 0 : at % text.length
  const instead = slips[kind % (slips.length + 1)] ?? ''
  return text.slice(0, place) + instead + text.slice(place + (kind % 2))
}
