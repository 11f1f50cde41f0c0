import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseDeclaration, readDeclaration, readDeclarations } from '@fleet/contract-kit'
import { FleetError } from '@fleet/runtime'
import * as fc from 'fast-check'

const whole = {
  consumer: 'board',
  owner: 'Team Board',
  contact: '#board',
  reads: [{ topic: 'fleet.crm.v1-value', fields: { status: 'string?' } }],
}

test('what is left out has a meaning', () => {
  const reading = parseDeclaration(JSON.stringify(whole))
  assert.deepEqual(reading, {
    ok: true,
    declaration: {
      consumer: 'board',
      owner: 'Team Board',
      contact: '#board',
      schema: 'own',
      reads: [
        {
          topic: 'fleet.crm.v1',
          fields: { status: { type: 'string?', required: true, values: null, others: 'fail' } },
          samples: [],
        },
      ],
    },
  })
})

const field = (status: unknown) => ({
  ...whole,
  reads: [{ topic: 'fleet.crm.v1', fields: { status } }],
})

const wrong: readonly [string, unknown, RegExp][] = [
  ['no object', [], /no object/],
  ['no reads', { ...whole, reads: [] }, /reads must list/],
  ['nobody to talk to', { ...whole, owner: ' ' }, /owner must be a text/],
  ['a member nobody knows', { ...whole, team: 'x' }, /team is no member/],
  ['a reader of another kind', { ...whole, schema: 'mine' }, /schema must be own or writer/],
  ['no fields', { ...whole, reads: [{ topic: 't', fields: {} }] }, /at least one field/],
  ['a read that is no object', { ...whole, reads: [1] }, /reads\[0\] must be an object/],
  ['a field without a type', field({ values: ['a'] }), /\["status"\]\.type must be a text/],
  ['values that are no texts', field({ type: 'string', values: [1] }), /values must be a list/],
  ['others without values', field({ type: 'string', others: 'ignored' }), /without values/],
  ['a requirement of another kind', field({ type: 'string', required: 'no' }), /true or false/],
  [
    'a sample of another kind',
    { ...whole, reads: [{ topic: 't', fields: { a: 'int' }, samples: [1] }] },
    /samples must be a list/,
  ],
]

for (const [what, value, problem] of wrong) {
  test(`${what} is told`, () => {
    const reading = parseDeclaration(JSON.stringify(value))
    assert.ok(!reading.ok)
    assert.match(reading.problems.join('; '), problem)
  })
}

test('any text is read or refused, never thrown at', () => {
  fc.assert(
    fc.property(fc.oneof(fc.json(), fc.string()), text => {
      const reading = parseDeclaration(text)
      assert.ok(reading.ok || reading.problems.length > 0)
    }),
  )
})

test('a file has the name of its consumer, and its mistakes name it', context => {
  const folder = mkdtempSync(join(tmpdir(), 'fleet-consumers-'))
  context.after(() => rmSync(folder, { recursive: true }))
  const isInvalid = (reason: RegExp) => (error: unknown) =>
    error instanceof FleetError && error.code === 'CONTRACT_INVALID' && reason.test(error.message)
  assert.throws(() => readDeclaration(join(folder, 'no.json')), isInvalid(/can not be read/))
  writeFileSync(join(folder, 'board.json'), JSON.stringify(whole))
  assert.deepEqual(
    readDeclarations(folder).map(({ declaration }) => declaration.consumer),
    ['board'],
  )
  writeFileSync(join(folder, 'other.json'), JSON.stringify(whole))
  assert.throws(() => readDeclarations(folder), isInvalid(/must have the name of its consumer/))
})
