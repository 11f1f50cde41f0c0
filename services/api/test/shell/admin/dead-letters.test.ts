// Dead letters through the admin API: found, replayed and discarded, each key within its tenant.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { topics } from '@fleet/contracts'
import type { ReplayPorts } from '@fleet/dlq'
import { FleetError, systemClock } from '@fleet/runtime'
import { silentLogger } from '@fleet/telemetry'
import { Pipeline, replayAll } from '../../../../../packages/dlq/test/pipeline.ts'
import { deadLetterSchemas } from '../../../src/shell/admin/dead-letter-schemas.ts'
import { LetterBoard } from '../../../src/shell/dead-letters/board.ts'
import { LetterDesk } from '../../../src/shell/dead-letters/desk.ts'
import { openAdminApi } from './admin-harness.ts'
import type { AdminApi } from './admin-harness.ts'

let api: AdminApi
let pipeline: Pipeline
let desk: LetterDesk

const letters = '/v1/admin/dead-letters'
const replays = '/v1/admin/dead-letter-replays'
const discards = '/v1/admin/dead-letter-discards'

async function openDesk(more: Partial<ReplayPorts> = {}): Promise<LetterDesk> {
  return new LetterDesk({
    letters: await pipeline.letterLog(),
    appender: pipeline.appender,
    replayer: await pipeline.replayer(more),
    clock: systemClock,
    logger: silentLogger,
    stopping: pipeline.stopping.signal,
  })
}

before(async () => {
  pipeline = await Pipeline.open()
  await pipeline.start(['processor'])
  for (const body of ['one', 'two', 'three']) await pipeline.deliver(body)
  await pipeline.until(() => pipeline.letters('processor').length === 3, 'three letters')
  desk = await openDesk()
  api = await openAdminApi({ deadLetters: desk })
})
after(async () => {
  pipeline.stopping.abort()
  await pipeline.stop()
  await api.close()
})

async function keyOf(tenant_id: string | null, scopes: string[]): Promise<string> {
  const made = await api.ask('POST', '/v1/admin/api-keys', {
    body: { name: 'n', scopes, tenant_id },
  })
  assert.equal(made.status, 201, JSON.stringify(made.body))
  return String(made.body['key'])
}

type Items = { id: string; status: string }[]

async function listed(query = '', key = api.root): Promise<Items> {
  const reply = await api.ask('GET', `${letters}${query}`, { key })
  assert.equal(reply.status, 200, JSON.stringify(reply.body))
  return reply.body['items'] as Items
}

test('letters are listed by filters, in pages', async () => {
  assert.equal((await listed()).length, 3)
  assert.equal((await listed('?code=UNIDENTIFIED&stage=processor&tenant=demo')).length, 3)
  assert.equal((await listed('?code=BAD_TIME')).length, 0)
  assert.equal((await listed('?to=2020-01-01T00:00:00Z')).length, 0)
  const first = await api.ask('GET', `${letters}?limit=2`)
  const rest = await listed(`?limit=2&after=${encodeURIComponent(String(first.body['next']))}`)
  const ids = [...(first.body['items'] as Items), ...rest].map(({ id }) => id)
  assert.equal(new Set(ids).size, 3)
  for (const query of ['?stage=nobody', '?from=yesterday', '?status=lost', '?after=x']) {
    assert.equal((await api.ask('GET', letters + query)).status, 400, query)
  }
})

test('a page goes on behind a letter that is no longer listed where it stood', async () => {
  const reply = await api.ask('GET', letters)
  const places = (reply.body['items'] as { at: { partition: number; offset: number } }[]).map(
    ({ at }) => at,
  )
  for (const partition of [0, 1]) {
    for (let offset = 0; offset < 12; offset++) {
      const behind = places.filter(
        at => at.partition > partition || (at.partition === partition && at.offset > offset),
      )
      const found = await listed(`?after=processor/${partition}/${offset}`)
      assert.equal(found.length, behind.length, `${partition}/${offset}`)
    }
  }
  assert.deepEqual(await listed('?after=crm-sink/0/0'), [])
})

test('a key needs the scope, and reaches the letters of its tenant alone', async () => {
  await api.make('/v1/admin/tenants/demo', { name: 'Demo' })
  await api.make('/v1/admin/tenants/other', { name: 'Other' })
  const other = await keyOf('other', ['dlq:replay'])
  const own = await keyOf('demo', ['dlq:replay'])
  const reader = await keyOf('demo', ['events:read'])
  assert.deepEqual(await listed('', other), [])
  assert.equal((await listed('', own)).length, 3)
  assert.equal((await api.ask('GET', `${letters}?tenant=demo`, { key: other })).status, 403)
  assert.equal((await api.ask('GET', letters, { key: reader })).status, 403)
  const [letter] = await listed()
  assert.equal((await api.ask('GET', `${letters}/${letter?.id}`, { key: other })).status, 404)
  const body = { all: true, reason: 'mine' }
  const discarded = await api.ask('POST', discards, { key: other, body })
  assert.deepEqual(discarded.body, { dry_run: false, matched: 0, discarded: 0, settled: 0 })
})

const exportPath = '/v1/admin/dead-letter-export'

async function exported(query = '', key = api.root) {
  const response = await fetch(`${api.base}${exportPath}${query}`, {
    headers: { authorization: `Bearer ${key}` },
  })
  const text = await response.text()
  const lines = response.status === 200 ? text.split('\n').slice(0, -1) : []
  const type = response.headers.get('content-type')
  return { status: response.status, type, letters: lines.map(line => JSON.parse(line) as object) }
}

test('letters are exported whole, a line each, by the filters and within the reach of a key', async () => {
  const all = await exported()
  assert.deepEqual([all.status, all.type, all.letters.length], [200, 'application/x-ndjson', 3])
  for (const letter of all.letters) {
    const { id } = letter as { id: string }
    assert.deepEqual(letter, (await api.ask('GET', `${letters}/${id}`)).body)
  }
  assert.equal((await exported('?code=BAD_TIME')).letters.length, 0)
  assert.equal((await exported('?status=discarded')).letters.length, 0)
  assert.equal((await exported('?status=any&stage=processor')).letters.length, 3)
  for (const query of ['?status=lost', '?stage=nobody', '?limit=1']) {
    assert.equal((await exported(query)).status, 400, query)
  }
  const other = await keyOf('other', ['dlq:replay'])
  assert.deepEqual((await exported('', other)).letters, [])
  assert.equal((await exported('?tenant=demo', other)).status, 403)
  assert.equal((await exported('', await keyOf('demo', ['events:read']))).status, 403)
  const head = await fetch(api.base + exportPath, {
    method: 'HEAD',
    headers: { authorization: `Bearer ${api.root}` },
  })
  assert.deepEqual([head.status, await head.text()], [200, ''])
})

test('an export holds a line at a time: whoever reads slowly, or goes, is not read ahead of', async () => {
  const [letter] = await listed()
  const whole = await desk.find({ ...replayAll.filter, ids: [letter?.id ?? ''] })
  assert.ok(whole !== null)
  let given = 0
  let ended = false
  const endless = {
    async *export() {
      try {
        // Megabytes each: what the sockets hold is soon full.
        const body = Buffer.alloc(4_000_000)
        for (;;) {
          given++
          yield { ...whole.found, letter: { ...whole.found.letter, body } }
          await systemClock.sleep(0)
        }
      } finally {
        ended = true
      }
    },
  } as unknown as LetterDesk
  const slow = await openAdminApi({ deadLetters: endless })
  try {
    const abandoned = new AbortController()
    const response = await fetch(slow.base + exportPath, {
      headers: { authorization: `Bearer ${slow.root}` },
      signal: abandoned.signal,
    })
    assert.equal(response.status, 200)
    let before = -1
    let still = 0
    await pipeline.until(() => {
      still = given === before ? still + 1 : 0
      before = given
      return still > 50
    }, 'it waits for its reader')
    assert.ok(given < 50, `${given} letters were read ahead`)
    abandoned.abort()
    await pipeline.until(() => ended, 'it ends with its reader')
  } finally {
    await slow.close()
  }
})

test('only so many exports are under way at once', async () => {
  const under = Array.from({ length: 4 }, () => desk.export(replayAll.filter, null))
  for (const each of under) await each?.next()
  assert.equal((await exported()).status, 429)
  for (const each of under) await each?.return(undefined)
  assert.equal((await exported()).status, 200)
})

test('nothing is done by an empty body, a patch of many or a wrong member', async () => {
  const [first] = await listed()
  const wrong = [
    {},
    { all: true, merge_patch: {} },
    { ids: ['x'] },
    { stages: ['nobody'] },
    { all: 'yes' },
    { codes: ['INTERNAL'], all: [] },
    { ids: [first?.id], merge_patch: {}, body_base64: '' },
    { all: true, rate_per_second: 0 },
    { all: true, unknown: 1 },
  ]
  for (const body of wrong) {
    assert.equal((await api.ask('POST', replays, { body })).status, 422, JSON.stringify(body))
  }
  assert.equal((await api.ask('POST', discards, { body: { all: true } })).status, 422)
  assert.equal((await listed('?status=open')).length, 3)
})

test('a patched letter is replayed, its progress told, and its letter then says so', async () => {
  const [letter] = await listed()
  const event = {
    event_id: 'e1',
    event_type: 'reservation.no_show',
    occurred_at: new Date(systemClock.wallMs()).toISOString(),
    resource_id: 'r1',
    resource_type: 'reservation',
  }
  const body = {
    ids: [letter?.id],
    body_base64: Buffer.from(JSON.stringify(event)).toString('base64'),
    reason: 'the sender told us',
  }
  const dry = await api.ask('POST', replays, { body: { ...body, dry_run: true } })
  assert.deepEqual([dry.body['state'], dry.body['sent']], ['dry_run', 1])
  const started = await api.ask('POST', replays, { body })
  assert.deepEqual([started.status, started.body['state']], [202, 'queued'])
  await desk.idle()
  const told = await api.ask('GET', `${replays}/${String(started.body['replay_id'])}`)
  assert.deepEqual(
    [told.body['state'], told.body['matched'], told.body['sent']],
    ['finished', 1, 1],
  )
  await pipeline.until(
    () => pipeline.valuesOf(topics.events.reservation).length === 1,
    'it is published',
  )
  const shown = await api.ask('GET', `${letters}/${letter?.id}`)
  assert.equal(shown.body['status'], 'replayed')
  const original = Buffer.from(String(shown.body['body']), 'base64').toString()
  assert.ok(['one', 'two', 'three'].includes(original))
  const members = (schema: keyof typeof deadLetterSchemas): string[] =>
    Object.keys(deadLetterSchemas[schema]['properties'] as object).toSorted()
  assert.deepEqual(Object.keys(shown.body).toSorted(), members('WholeDeadLetter'))
  assert.deepEqual(Object.keys(told.body).toSorted(), members('Replay'))
  assert.deepEqual(Object.keys(dry.body).toSorted(), members('Replay'))
  const [act] = shown.body['acts'] as { reason: string; by: string }[]
  assert.equal(act?.reason, 'the sender told us')
  assert.match(String(act?.by), /^api:[0-9a-f]{16}$/)
  assert.equal((await api.ask('GET', `${replays}/none`)).status, 404)
})

test('a replay that was killed with its process goes on in the next', async () => {
  const [letter] = await listed()
  const replayer = await pipeline.replayer()
  const started = await replayer.start({
    filter: {
      stages: null,
      ids: [letter?.id ?? ''],
      codes: null,
      tenant: null,
      types: null,
      from: null,
      to: null,
    },
    by: 'api:someone',
    reason: null,
    ratePerSecond: 10,
    includeDiscarded: false,
    again: false,
    patch: null,
  })
  assert.equal((await desk.replay(started.replay_id))?.state, 'running')
  const next = await openDesk()
  await next.resume()
  await next.idle()
  const report = await next.replay(started.replay_id)
  assert.deepEqual([report?.state, report?.refused], ['finished', 1])
})

test('a replay that fails for good is written down as failed, and no process tries it again', async () => {
  let tried = 0
  const broken = {
    endpoints: () => {
      tried++
      throw new FleetError('ENDPOINTS_BROKEN', 'poison', 'no endpoints')
    },
  }
  const failing = await openDesk(broken)
  const started = await failing.start({ ...replayAll, by: 'api:someone', again: true })
  assert.ok(started !== null)
  await failing.idle()
  const told = await api.ask('GET', `${replays}/${started.replay_id}`)
  assert.deepEqual([told.body['state'], told.body['error_code']], ['failed', 'ENDPOINTS_BROKEN'])
  const next = await openDesk(broken)
  await next.resume()
  await next.idle()
  assert.equal(tried, 1)
})

test('a replay of the command line is waited for by nobody: 409 names it', async () => {
  const replayer = await pipeline.replayer()
  const other = await replayer.start({ ...replayAll, by: 'cli:me' })
  const body = { all: true }
  const refused = await api.ask('POST', replays, { body })
  assert.equal(refused.status, 409)
  assert.ok(String(refused.body['detail']).includes(other.replay_id))
  await replayer.fail(other, undefined, 'GIVEN_UP')
  assert.equal((await api.ask('POST', replays, { body })).status, 202)
  await desk.idle()
})

test('the board counts open letters and their age, and forgets what is discarded', async () => {
  const board = new LetterBoard(pipeline.codec, systemClock)
  const follow = async (): Promise<void> => {
    // Acts first: whatever order they are read in.
    for (const topic of [topics.deadLetterActs, topics.deadLetters.processor]) {
      for (const partition of [0, 1]) {
        const log = pipeline.broker.log({ topic: topic.name, partition })
        await board.take(log.read(0, 1000).records)
      }
    }
  }
  await follow()
  const processor = () => board.read().find(({ stage }) => stage === 'processor')
  assert.equal(processor()?.open, 2)
  assert.ok((processor()?.bytes ?? 0) > 0)
  assert.ok((processor()?.oldestSeconds ?? -1) >= 0)
  const discarded = await api.ask('POST', discards, { body: { all: true, reason: 'tests' } })
  assert.equal(discarded.body['discarded'], 2)
  assert.deepEqual(Object.keys(discarded.body).toSorted(), [
    'discarded',
    'dry_run',
    'matched',
    'settled',
  ])
  await follow()
  assert.deepEqual(processor(), { stage: 'processor', open: 0, bytes: 0, oldestSeconds: 0 })
  assert.equal((await listed('?status=discarded')).length, 2)
})
