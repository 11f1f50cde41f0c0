import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { Acl } from '@fleet/kafka'
import { parseAcls } from '../../src/acls/acl-file.ts'
import { planAcls } from '../../src/acls/plan-acls.ts'

const text = readFileSync(new URL('../../../../infra/acls/acls.json', import.meta.url), 'utf8')
const declared = parseAcls(text, 'prod')
const ingester = 'User:fleet-ingester'

function acl(rest: Partial<Acl>): Acl {
  return {
    principal: ingester,
    host: '*',
    resource: 'TOPIC',
    name: 'fleet.raw.v1',
    pattern: 'LITERAL',
    operation: 'READ',
    permission: 'ALLOW',
    ...rest,
  }
}

function planWith(...more: Acl[]) {
  return planAcls(declared, [...declared.acls, ...more])
}

test('when all is as declared there is nothing to do', () => {
  assert.deepEqual(planWith(), { changes: [], drift: [] })
})

test('a missing right is a change and no drift', () => {
  const [first, ...rest] = declared.acls
  assert.deepEqual(planAcls(declared, rest), {
    changes: [{ action: 'create', ...first }],
    drift: [],
  })
})

test('on an empty cluster everything is made', () => {
  const { changes, drift } = planAcls(declared, [])
  assert.equal(changes.length, declared.acls.length)
  assert.deepEqual(drift, [])
})

test('a right that is not declared is drift that apply takes away', () => {
  const excess = acl({})
  const { changes, drift } = planWith(excess)
  assert.deepEqual(changes, [{ action: 'delete', ...excess }])
  assert.deepEqual(
    drift.map(({ acl: at, correctable }) => [at, correctable]),
    [[excess, true]],
  )
})

const wide: [string, Acl][] = [
  ['every topic', acl({ name: '*' })],
  ['a prefix that covers our topics', acl({ name: 'flee', pattern: 'PREFIXED' })],
  ['every group', acl({ resource: 'GROUP', name: '*' })],
]
for (const [what, excess] of wide) {
  test(`a right to ${what} is drift that a person has to take away`, () => {
    const { changes, drift } = planWith(excess)
    assert.deepEqual(changes, [])
    assert.deepEqual(
      drift.map(({ correctable }) => correctable),
      [false],
    )
  })
}

test('a prohibition is told and never taken away', () => {
  const { changes, drift } = planWith(acl({ operation: 'WRITE', permission: 'DENY' }))
  assert.deepEqual(changes, [])
  assert.match(drift[0]?.detail ?? '', /prohibition/)
})

const others: [string, Acl][] = [
  ['of another principal', acl({ principal: 'User:billing' })],
  ['of everybody', acl({ principal: 'User:*' })],
  ['to a topic that is not ours', acl({ name: 'billing.raw' })],
  ['in another environment', acl({ resource: 'GROUP', name: 'staging.processor.g1' })],
]
for (const [what, other] of others) {
  test(`a right ${what} is nobody's business here`, () => {
    assert.deepEqual(planWith(other), { changes: [], drift: [] })
  })
}

test('a right from one address is not the declared right from anywhere', () => {
  const first = acl({ operation: 'WRITE', host: '10.0.0.1' })
  assert.deepEqual(planWith(first).changes, [{ action: 'delete', ...first }])
})

test('the environment begins group ids and transactional ids', () => {
  const names = declared.acls.filter(({ resource }) => resource !== 'TOPIC').map(({ name }) => name)
  assert.ok(names.includes('prod.processor.g1') && names.includes('prod.processor.g1.'))
  assert.doesNotMatch(names.join(), /\{env\}/)
})

interface AclFile {
  version: number
  namespaces: Record<string, string>
  users: { principal: string; acls: Record<string, unknown>[] }[]
}

const userOf = (file: AclFile) => file.users[0] ?? assert.fail('no user')
const aclOf = (file: AclFile) => userOf(file).acls[0] ?? assert.fail('no right')

const mistakes: [string, (file: AclFile) => void, RegExp][] = [
  ['another version', file => (file.version = 2), /version must be 1/],
  [
    'a right for everybody',
    file => (userOf(file).principal = 'User:*'),
    /users\[0\]\.principal must be User:<name>, and not everybody/,
  ],
  [
    'a user that stands twice',
    file => file.users.push(userOf(file)),
    /User:fleet-accounting-sink stands twice/,
  ],
  [
    'every topic',
    file => (aclOf(file)['name'] = '*'),
    /users\[0\]\.acls\[0\]\.name must not be \*/,
  ],
  [
    'a topic outside the namespace',
    file => (aclOf(file)['name'] = 'other.topic'),
    /TOPIC other\.topic is outside the namespace fleet\./,
  ],
  [
    'an operation that allows everything',
    file => (aclOf(file)['operations'] = ['ALL']),
    /operations\[0\] must be one of READ, WRITE/,
  ],
  [
    'no operation',
    file => (aclOf(file)['operations'] = []),
    /operations must be a list with something in it/,
  ],
]
for (const [what, change, message] of mistakes) {
  test(`a file with ${what} is refused`, () => {
    const file = JSON.parse(text) as AclFile
    change(file)
    assert.throws(() => parseAcls(JSON.stringify(file), 'prod'), { message })
  })
}
