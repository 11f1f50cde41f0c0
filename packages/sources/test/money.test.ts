import assert from 'node:assert/strict'
import { test } from 'node:test'

import { data } from 'currency-codes'
import fc from 'fast-check'

import { membersOf } from '../src/body-view.ts'
import { readMoney } from '../src/money.ts'
import { currencyCodes, minorDigitsOf, newerThanTheLibrary } from '../src/normalize/currencies.ts'

type Row = readonly [json: string, expected: string]

/** `EUR 1250` (minor units), `none` or `bad`. */
function outcome(json: string): string {
  const reading = readMoney(membersOf(JSON.parse(json)))
  if (reading.kind !== 'money') return reading.kind
  assert.ok(!Object.is(reading.money.amount_minor, -0))
  return `${reading.money.currency} ${reading.money.amount_minor}`
}

function check(rows: readonly Row[]): void {
  for (const [json, expected] of rows) assert.equal(outcome(json), expected, json)
}

test('an amount is read exactly, in the minor units of its currency', () => {
  check([
    ['{"amount_minor":1250,"currency":"EUR"}', 'EUR 1250'],
    ['{"amount_minor":-1250,"currency":"EUR"}', 'EUR -1250'],
    ['{"amount_minor":0,"currency":"EUR"}', 'EUR 0'],
    ['{"amount_minor":-0,"currency":"EUR"}', 'EUR 0'],
    ['{"amount_minor":1250.0,"currency":"EUR"}', 'EUR 1250'],
    ['{"amount_minor":9007199254740991,"currency":"EUR"}', 'EUR 9007199254740991'],
    ['{"amount":"12.50","currency":"EUR"}', 'EUR 1250'],
    ['{"amount":"12.5","currency":"EUR"}', 'EUR 1250'],
    ['{"amount":"12","currency":"EUR"}', 'EUR 1200'],
    ['{"amount":"-12.50","currency":"EUR"}', 'EUR -1250'],
    ['{"amount":"-0.00","currency":"EUR"}', 'EUR 0'],
    ['{"amount":"007.5","currency":"EUR"}', 'EUR 750'],
    ['{"amount":"12.5000","currency":"EUR"}', 'EUR 1250'],
    ['{"amount":12.5,"currency":"EUR"}', 'EUR 1250'],
    ['{"amount":12.50,"currency":"EUR"}', 'EUR 1250'],
    ['{"amount":0.1,"currency":"EUR"}', 'EUR 10'],
    ['{"amount":1.005e2,"currency":"EUR"}', 'EUR 10050'],
    ['{"amount":"90071992547409.91","currency":"EUR"}', 'EUR 9007199254740991'],
    ['{"amount":"500","currency":"JPY"}', 'JPY 500'],
    ['{"amount":"500.0","currency":"JPY"}', 'JPY 500'],
    ['{"amount":"1.234","currency":"KWD"}', 'KWD 1234'],
    ['{"amount":"1.2345","currency":"CLF"}', 'CLF 12345'],
    ['{"amount":"12.50","amount_minor":1250,"currency":"EUR"}', 'EUR 1250'],
    ['{"amount":"12.50","amount_minor":null,"currency":"EUR"}', 'EUR 1250'],
  ])
})

test('without an amount there is none, whatever the currency says', () => {
  check([
    ['{}', 'none'],
    ['{"currency":"EUR"}', 'none'],
    ['{"currency":"nonsense"}', 'none'],
    ['{"amount":null,"amount_minor":null,"currency":"EUR"}', 'none'],
    ['null', 'none'],
    ['"12.50"', 'none'],
    ['[1]', 'none'],
  ])
})

test('an amount that is not exact, not plain or in no known currency is bad', () => {
  check([
    ['{"amount":"12.50","amount_minor":1251,"currency":"EUR"}', 'bad'],
    ['{"amount":"x","amount_minor":1250,"currency":"EUR"}', 'bad'],
    ['{"amount":"12.50","amount_minor":"1250","currency":"EUR"}', 'bad'],
    ['{"amount_minor":12.5,"currency":"EUR"}', 'bad'],
    ['{"amount_minor":"1250","currency":"EUR"}', 'bad'],
    ['{"amount_minor":9007199254740992,"currency":"EUR"}', 'bad'],
    ['{"amount_minor":true,"currency":"EUR"}', 'bad'],
    ['{"amount":"90071992547409.92","currency":"EUR"}', 'bad'],
    ['{"amount":"99999999999999999999999999999999999999999","currency":"EUR"}', 'bad'],
    ['{"amount":"12.505","currency":"EUR"}', 'bad'],
    ['{"amount":12.505,"currency":"EUR"}', 'bad'],
    ['{"amount":"0.5","currency":"JPY"}', 'bad'],
    ['{"amount":"1.2345","currency":"KWD"}', 'bad'],
    ['{"amount":1e21,"currency":"EUR"}', 'bad'],
    ['{"amount":1e-7,"currency":"EUR"}', 'bad'],
    ['{"amount":1e400,"currency":"EUR"}', 'bad'],
    ['{"amount":"1e3","currency":"EUR"}', 'bad'],
    ['{"amount":"1,250.00","currency":"EUR"}', 'bad'],
    ['{"amount":"+12","currency":"EUR"}', 'bad'],
    ['{"amount":"12.","currency":"EUR"}', 'bad'],
    ['{"amount":".5","currency":"EUR"}', 'bad'],
    ['{"amount":" 12","currency":"EUR"}', 'bad'],
    ['{"amount":"","currency":"EUR"}', 'bad'],
    ['{"amount":"١٢","currency":"EUR"}', 'bad'],
    ['{"amount":"12.50"}', 'bad'],
    ['{"amount":"12.50","currency":null}', 'bad'],
    ['{"amount":"12.50","currency":"eur"}', 'bad'],
    ['{"amount":"12.50","currency":"EURO"}', 'bad'],
    ['{"amount":"12.50","currency":"ABC"}', 'bad'],
    ['{"amount":"12.50","currency":"XAU"}', 'bad'],
    ['{"amount":"12.50","currency":978}', 'bad'],
    ['{"amount":{"value":1},"currency":"EUR"}', 'bad'],
  ])
})

test('amount and amount_minor agree for every currency', () => {
  fc.assert(
    fc.property(fc.constantFrom(...currencyCodes), fc.maxSafeInteger(), (currency, minor) => {
      const digits = minorDigitsOf(currency) ?? 0
      const text = String(Math.abs(minor)).padStart(digits + 1, '0')
      const whole = text.slice(0, text.length - digits)
      const amount = `${minor < 0 ? '-' : ''}${whole}${digits === 0 ? '' : `.${text.slice(-digits)}`}`
      const money = { kind: 'money', money: { amount_minor: minor + 0, currency } }
      assert.deepEqual(readMoney(membersOf({ amount, currency })), money)
      assert.deepEqual(readMoney(membersOf({ amount, amount_minor: minor, currency })), money)
    }),
  )
})

test('the currencies are those of the library with a minor unit, and the newer ones', () => {
  const count = (digits: number): number =>
    currencyCodes.filter(code => minorDigitsOf(code) === digits).length
  // List one of 2024-06-25 without its codes that have no minor unit, and XAD and XCG.
  assert.deepEqual([count(0), count(2), count(3), count(4)], [17, 142, 7, 2])
  assert.ok(currencyCodes.every(code => /^[A-Z]{3}$/.test(code)))
})

test('every exponent is the library’s', () => {
  for (const { code, digits } of data) {
    const isMoney = !/^X(AG|AU|B[ABCD]|DR|PD|PT|SU|TS|UA|XX)$/.test(code)
    assert.equal(minorDigitsOf(code), isMoney ? digits : null, code)
  }
})

test('a currency that the library has learnt is no longer kept beside it', () => {
  const known = new Set(data.map(({ code }) => code))
  assert.deepEqual(
    [...newerThanTheLibrary.keys()].filter(code => known.has(code)),
    [],
  )
})

test('the lev, withdrawn with 2025, still has an exponent', () => {
  assert.equal(minorDigitsOf('BGN'), 2)
})
