import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FleetError } from '@fleet/runtime'
import { makeValidator } from 'envalid'
import { readSettings } from '../src/index.ts'
import { text, whole } from '../src/validators.ts'

const spec = {
  A_COUNT: whole(1, 10)({ default: 3, desc: 'a count' }),
  A_NAME: text({ desc: 'a name', example: 'levy' }),
  A_FOREIGN: makeValidator<string>(input => {
    throw new Error(`quotes ${input}`)
  })({ default: 'x', desc: 'by somebody else' }),
}

test('defaults fill what is absent, and an empty variable is absent', () => {
  const settings = readSettings(spec, { A_NAME: 'n', A_COUNT: '' })
  assert.deepEqual({ ...settings }, { A_COUNT: 3, A_NAME: 'n', A_FOREIGN: 'x' })
  assert.ok(Object.isFrozen(settings))
})

test('all problems come in one fatal CONFIG error that shows no value', () => {
  assert.throws(
    () => readSettings(spec, { A_COUNT: '11', A_FOREIGN: 'hunter2' }),
    (error: unknown) => {
      assert.ok(error instanceof FleetError)
      assert.equal(error.code, 'CONFIG')
      assert.equal(error.fate, 'fatal')
      assert.deepEqual(error.message.split('\n'), [
        '3 settings are wrong:',
        '  A_COUNT must be a whole number from 1 to 10 (a count); for example A_COUNT=3',
        '  A_NAME is missing (a name); for example A_NAME=levy',
        '  A_FOREIGN is not valid (by somebody else); for example A_FOREIGN=x',
      ])
      return true
    },
  )
})
