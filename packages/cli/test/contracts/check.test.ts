import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { readSchemas } from '@fleet/contract-kit'
import { runFleet } from '../../src/fleet.ts'
import { fakeTerminal } from '../fake-terminal.ts'

const folder = mkdtempSync(join(tmpdir(), 'fleet-contracts-'))
after(() => rmSync(folder, { recursive: true }))

async function check(...args: string[]) {
  const terminal = fakeTerminal()
  const surroundings = { terminal, stopping: new AbortController().signal }
  const exitCode = await runFleet(['contracts', 'check', ...args], surroundings)
  return { exitCode, output: terminal.output, errors: terminal.errors }
}

function file(name: string, value: unknown): string {
  const path = join(folder, name)
  writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value))
  return path
}

interface Schema {
  name: string
  fields: { name: string }[]
}

function billing(change: (schema: Schema) => void): Schema {
  const schema = JSON.parse(readSchemas().get('BillingEvent')?.current ?? '{}') as Schema
  change(schema)
  return schema
}

interface Report {
  ok: boolean
  proposed: string | null
  consumers: string[]
  findings: { code: string; consumer: string; field: string; contact: string }[]
  problems: string[]
}

test('the repository breaks none of its consumers: exit 0', async () => {
  const { exitCode, output } = await check('--json')
  const report = JSON.parse(output) as Report
  assert.equal(exitCode, 0)
  assert.equal(report.proposed, null)
  assert.ok(report.consumers.includes('accounting-sink'))
  assert.match((await check()).output, /^ok nothing in the schemas breaks accounting-sink, /m)
})

test('a proposed schema without a field a sink reads: exit 1, who and whom to ask', async () => {
  const schema = file(
    'billing.avsc',
    billing(each => (each.fields = each.fields.filter(({ name }) => name !== 'amount'))),
  )
  const { exitCode, output } = await check('--schema', schema, '--json')
  const report = JSON.parse(output) as Report
  assert.equal(exitCode, 1)
  assert.equal(report.proposed, 'BillingEvent')
  const hit = report.findings.find(({ consumer }) => consumer === 'accounting-sink')
  assert.equal(hit?.code, 'FIELD_MISSING')
  assert.equal(hit.contact, 'services/accounting-sink/README.md')
  assert.match(report.problems.join(), /against version 1: BillingEvent\.amount was removed/)
  assert.match((await check('--schema', schema)).output, /Talk to Fleetstream \(services\//)
})

test('a proposed nullable field breaks nobody', async () => {
  const field = { name: 'note', type: ['null', 'string'], default: null }
  const schema = file(
    'note.avsc',
    billing(each => each.fields.push(field)),
  )
  assert.equal((await check('--schema', schema)).exitCode, 0)
})

test('a deprecation without its dates is a problem of the proposal', async () => {
  const schema = file(
    'dates.avsc',
    billing(each => Object.assign(each.fields[0] ?? {}, { removeAfter: '2027-05-31' })),
  )
  const { exitCode, output } = await check('--schema', schema)
  assert.equal(exitCode, 1)
  assert.match(output, /BillingEvent\.event_id needs deprecatedSince/)
})

test('a deprecation that began before any release carries it is a problem of the proposal', async () => {
  const mark = {
    deprecatedSince: '2020-06-01',
    removeAfter: '2020-10-31',
    deprecationReason: 'old',
  }
  const schema = file(
    'back-dated.avsc',
    billing(each => Object.assign(each.fields[0] ?? {}, mark)),
  )
  const { exitCode, output } = await check('--schema', schema)
  assert.equal(exitCode, 1)
  assert.match(output, /BillingEvent\.event_id has deprecatedSince 2020-06-01, but no release says/)
  assert.match(output, /can't end on 2020-10-31: consumers have at least 90 days from /)
})

test('a proposal that nobody declared to read says so', async () => {
  const text = readSchemas().get('RawDelivery')?.current ?? ''
  const { exitCode, output } = await check('--schema', file('raw.avsc', text))
  assert.equal(exitCode, 0)
  assert.equal(output, 'ok no declared consumer reads the proposed RawDelivery\n')
})

test('a record of the next major topic may leave out only what was deprecated', async () => {
  const schema = file(
    'next.avsc',
    billing(each => {
      Object.assign(each, { name: 'BillingEventV2', succeeds: 'BillingEvent' })
      each.fields = each.fields.filter(({ name }) => name !== 'reason')
    }),
  )
  const { exitCode, output } = await check('--schema', schema)
  assert.equal(exitCode, 1)
  assert.match(output, /BillingEventV2 leaves out BillingEvent\.reason, which was not deprecated/)
})

test('a declaration that stands elsewhere is judged alone', async () => {
  const declaration = {
    consumer: 'books',
    owner: 'Team Books',
    contact: '#books',
    reads: [{ topic: 'fleet.accounting.v1', fields: { 'lines[].amount_minor': 'int' } }],
  }
  const { exitCode, output } = await check('--consumer', file('books.json', declaration))
  assert.equal(exitCode, 1)
  assert.match(output, /TYPE_CHANGED books: fleet\.accounting\.v1 lines\[\]\.amount_minor/)
  assert.match(output, /it is long, the consumer reads int\. Talk to Team Books \(#books\)/)
})

const unreadable: readonly [string, () => string[], RegExp][] = [
  ['a schema that is not there', () => ['--schema', join(folder, 'no')], /can not be read/],
  ['a schema that is no record', () => ['--schema', file('a.avsc', '"int"')], /no Avro record/],
  ['a declaration with mistakes', () => ['--consumer', file('b.json', {})], /reads must list/],
]

for (const [what, args, message] of unreadable) {
  test(`${what}: exit 2`, async () => {
    const { exitCode, errors, output } = await check(...args())
    assert.equal(exitCode, 2)
    assert.match(errors, message)
    assert.equal(output, '')
  })
}
