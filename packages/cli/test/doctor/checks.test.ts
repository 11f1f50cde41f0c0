import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { platformSettings } from '@fleet/config'
import { allTopics, stageNames, topics } from '@fleet/contracts'
import { guarded, listOf } from '../../src/doctor/check.ts'
import { groupCheck, lagOf } from '../../src/doctor/group-checks.ts'
import { topicsCheck } from '../../src/doctor/kafka-checks.ts'
import { nodeCheck, provenanceCheck } from '../../src/doctor/local-checks.ts'
import { serviceCheck } from '../../src/doctor/service-checks.ts'
import { stageInputs } from '../../src/doctor/stage-inputs.ts'
import { planTopics } from '../../src/topics/plan-topics.ts'

const folder = mkdtempSync(join(tmpdir(), 'fleet-doctor-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const member = (clientId: string, partitions: number[]) => {
  return { memberId: clientId, clientId, clientHost: '/127.0.0.1', partitions }
}

const groups = [
  ['all owned', [member('a', [0, 1]), member('b', [2])], true, /lag 7, a\/127.0.0.1 owns 0,1; b/],
  ['one left out', [member('a', [0, 2])], false, /without owner: 1;/],
  ['nobody', [], false, /nobody works on it/],
] as const

for (const [name, members, ok, detail] of groups) {
  test(`partitions of a group: ${name}`, () => {
    const group = { groupId: 'g', state: 'Stable', members: [...members] }
    const check = groupCheck('processor', group, 7, 3)
    assert.equal(check.ok, ok)
    assert.match(check.detail, detail)
    assert.equal(check.remedy === null, ok)
  })
}

test('lag is what lies between the committed offset and the end, never negative', () => {
  const inputs = new Map([
    [
      'a',
      [
        { partition: 0, logStart: 5, lastStable: 10 },
        { partition: 1, logStart: 0, lastStable: 4 },
        { partition: 2, logStart: 0, lastStable: 3 },
      ],
    ],
  ])
  const committed = [
    { topic: 'a', partition: 0, offset: 2 },
    { topic: 'a', partition: 1, offset: 9 },
  ]
  assert.equal(lagOf(inputs, committed), 5 + 0 + 3)
})

test('every stage has inputs', () => {
  for (const stage of stageNames) assert.ok(stageInputs(stage).length > 0)
  assert.ok(stageInputs('crm-sink').includes(topics.events.customer))
  assert.ok(!stageInputs('accounting-sink').includes(topics.events.customer))
})

test('missing topics are told short, with the remedy', () => {
  const check = topicsCheck(planTopics(allTopics, new Map(), 6), 6)
  assert.equal(check.ok, false)
  const count = allTopics.length
  const told = new RegExp(`^${count} of ${count} missing: .* and ${count - 4} more$`)
  assert.match(check.detail, told)
  assert.equal(check.remedy, 'fleet topics apply')
})

test('a wrong partition count is not sent to apply', () => {
  const actual = new Map([[topics.raw.name, { partitions: 1, config: {} }]])
  const check = topicsCheck(planTopics([topics.raw], actual, 6), 6)
  assert.match(check.remedy ?? '', /FLEET_PARTITIONS/)
})

const versions = [
  ['18.20.0', false],
  ['20.18.9', false],
  ['20.19.0', true],
  ['24.9.0', true],
] as const

for (const [version, ok] of versions) {
  test(`Node ${version} is ${ok ? 'enough' : 'too old'}`, () => {
    assert.equal(nodeCheck(version).ok, ok)
  })
}

const nowMs = Date.UTC(2026, 10, 21)
const keyTimes = [
  ['for ever', null, null, true, /k1 signs now/],
  ['for a month', null, '2026-12-21T00:00:00Z', true, /k1 signs now/],
  ['for a day', null, '2026-11-22T00:00:00Z', false, /no key in 7 days/],
  ['no more', null, '2026-11-20T00:00:00Z', false, /no key may sign now/],
  ['not yet', '2026-11-22T00:00:00Z', null, false, /no key may sign now/],
] as const

for (const [name, from, until, ok, detail] of keyTimes) {
  test(`a provenance key that signs ${name}`, async () => {
    const file = join(folder, 'provenance.json')
    const key = { id: 'k1', key_base64: Buffer.alloc(32, 7).toString('base64') }
    const keys = [{ ...key, sign_from: from, sign_until: until, verify_until: null }]
    writeFileSync(file, JSON.stringify({ keys }))
    const settings = platformSettings({ FLEET_PROVENANCE_KEYS_FILE: file })
    const [check] = await provenanceCheck(settings, nowMs)
    assert.equal(check?.ok, ok)
    assert.match(check?.detail ?? '', detail)
    assert.doesNotMatch(JSON.stringify(check), /BwcH/)
  })
}

test('a service is well when it says so, else its reasons are repeated', async () => {
  let answer: { status: number; body: unknown } = { status: 200, body: {} }
  const server = createServer((_request, response) => {
    response.writeHead(answer.status).end(JSON.stringify(answer.body))
  })
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  answer = { status: 200, body: { ready: true, checks: { kafka: 'ok' } } }
  assert.equal((await serviceCheck('api', url)).ok, true)
  answer = { status: 503, body: { ready: false, checks: { redis: 'away', kafka: 'ok' } } }
  const unready = await serviceCheck('api', url)
  assert.deepEqual(unready, {
    name: 'service api',
    ok: false,
    detail: `not ready at ${url}: redis: away`,
    remedy: 'make logs SERVICE=api',
  })
  server.closeAllConnections()
  await new Promise(closed => server.close(closed))
  assert.match((await serviceCheck('api', url)).detail, /does not answer/)
})

test('a check that fails itself is a finding', async () => {
  const found = await guarded('x', 'do y', () => Promise.reject(new Error('boom')))
  assert.deepEqual(found, [{ name: 'x', ok: false, detail: 'boom', remedy: 'do y' }])
})

test('a long list is cut', () => {
  assert.equal(listOf(['a', 'b']), 'a, b')
  assert.equal(listOf(['a', 'b', 'c', 'd', 'e', 'f']), 'a, b, c, d and 2 more')
})
