import assert from 'node:assert/strict'
import { test } from 'node:test'
import { guarded, visible } from '../src/terminal.ts'

test('text of others is shown with its control characters written out', () => {
  assert.equal(visible('a\u001b[31mb\u009bc\u202Ed\re'), 'a\\u001b[31mb\\u009bc\\u202ed\\u000de')
  assert.equal(visible('zwei\tZeilen\n größer'), 'zwei\tZeilen\n größer')
})

test('what is written keeps our colours and nothing else that commands the terminal', () => {
  const red = '\u001b[31mred\u001b[39m'
  assert.equal(guarded(red), red)
  assert.equal(guarded('\u001b]0;owned\u0007\u001b[2J'), '\\u001b]0;owned\\u0007\\u001b[2J')
})

test('JSON stays the same JSON', () => {
  const value = { note: 'a\u009b\u202E\u001b' }
  assert.deepEqual(JSON.parse(guarded(JSON.stringify(value, null, 2))), value)
})
