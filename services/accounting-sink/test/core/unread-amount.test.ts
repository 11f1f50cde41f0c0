import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { minorDigitsOf } from '@fleet/sources'

import { unreadAmount } from '../../src/core/unread-amount.ts'

/** Members of `data` as they stand among the attributes. */
function attributesOf(data: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(data).map(([name, value]) => [`data.${name}`, JSON.stringify(value)]),
  )
}

describe('why an amount could not be read', () => {
  const rows: [Record<string, unknown>, RegExp][] = [
    [{ amount: '12.50' }, /^data\.currency is missing$/],
    [{ amount_minor: 1250, currency: null }, /^data\.currency is missing$/],
    [{ amount: '12.50', currency: 'eur' }, /^data\.currency is not in ISO 4217, or not in upper/],
    [{ amount: '12.50', currency: 'ZZZ' }, /^data\.currency is not in ISO 4217/],
    [{ amount: '12.50', currency: 978 }, /^data\.currency is not in ISO 4217/],
    [{ amount: '12.345', currency: 'EUR' }, /more decimals than its currency, which has 2$/],
    [{ amount: 12.5, currency: 'JPY' }, /more decimals than its currency, which has 0$/],
    [{ amount: '12.50', amount_minor: 1251, currency: 'EUR' }, /are not the same amount$/],
    [{ amount: '12,50', currency: 'EUR' }, /^data\.amount is not a decimal number/],
    [{ amount: 1e21, currency: 'EUR' }, /^data\.amount is not a decimal number/],
    [{ amount: {}, currency: 'EUR' }, /^data\.amount is not a number$/],
    [{ amount: '9'.repeat(41), currency: 'EUR' }, /^data\.amount is too long$/],
    [{ amount: '90071992547409.93', currency: 'EUR' }, /^data\.amount is too large$/],
    [{ amount_minor: '1250', currency: 'EUR' }, /^data\.amount_minor is not a number$/],
    [{ amount_minor: 12.5, currency: 'EUR' }, /^data\.amount_minor is not an integer$/],
    [{ amount_minor: 2 ** 53, currency: 'EUR' }, /^data\.amount_minor is too large$/],
    [{ amount: '-1.00', currency: 'EUR' }, /^the amount is negative$/],
  ]
  for (const [data, told] of rows) {
    test(`${JSON.stringify(data)} → ${told.source}`, () => {
      const attributes = attributesOf(data)
      assert.match(unreadAmount(attributes, minorDigitsOf) ?? '', told)
    })
  }

  test('a currency that the mapper of that day did not know: only a patch brings the amount', () => {
    const attributes = attributesOf({ amount: '12.50', currency: 'EUR' })
    assert.match(
      unreadAmount(attributes, minorDigitsOf) ?? '',
      /^data\.amount was not read .*patch$/,
    )
  })

  test('an attribute that was mended by hand and is no JSON', () => {
    const attributes = { 'data.amount': '12,50 €', 'data.currency': '"EUR"' }
    assert.equal(unreadAmount(attributes, minorDigitsOf), 'data.amount is not a number')
  })

  const none = [{}, { currency: 'EUR' }, { amount: null, amount_minor: null, currency: 'EUR' }]
  for (const data of none) {
    test(`${JSON.stringify(data)} is no amount`, () => {
      assert.equal(unreadAmount(attributesOf(data), minorDigitsOf), null)
    })
  }
})
