// Attacks on dead letters through the admin API: letters of others, what senders wrote into them, and
// replays that are too large, too fast or twice.

import assert from 'node:assert/strict'
import { systemClock } from '@fleet/runtime'
import type { ApiAttack } from './cases.ts'
import { hostileBody, openApiTarget } from './target.ts'
import type { Answer, ApiTarget } from './target.ts'

const row = 'admin-api-dead-letters'
const letters = '/v1/admin/dead-letters'
const replays = '/v1/admin/dead-letter-replays'
const discards = '/v1/admin/dead-letter-discards'
const headers = { 'content-type': 'application/json' }
const deadlineMs = 30_000

interface Letter {
  readonly id: string
  readonly tenant_id: string | null
}

async function lettersOf(target: ApiTarget): Promise<Letter[]> {
  const answer = await target.sendAs('root', { method: 'GET', target: `${letters}?status=any` })
  assert.equal(answer.status, 200, answer.text)
  return (JSON.parse(answer.text) as { items: Letter[] }).items
}

function post(
  target: ApiTarget,
  who: 'root' | 'admin',
  path: string,
  body: object,
): Promise<Answer> {
  const sent = { method: 'POST', target: path, headers, body: JSON.stringify(body) }
  return target.sendAs(who, sent)
}

const others: ApiAttack[] = [
  {
    row,
    name: 'a key of another tenant neither sees, replays nor discards a letter',
    run: async target => {
      const all = await lettersOf(target)
      const before = target.rawRecords()
      const ids = all.map(({ id }) => id)
      assert.ok(ids.length > 0)
      const seen = await target.sendAs('admin', { method: 'GET', target: `${letters}?status=any` })
      assert.deepEqual((JSON.parse(seen.text) as { items: Letter[] }).items, [])
      for (const id of ids) {
        const one = await target.sendAs('admin', { method: 'GET', target: `${letters}/${id}` })
        assert.equal(one.status, 404)
      }
      const named = await post(target, 'admin', replays, { ids, tenant_id: 'demo' })
      assert.equal(named.status, 403)
      const planned = await post(target, 'admin', replays, { ids, dry_run: true })
      assert.equal((JSON.parse(planned.text) as { sent: number }).sent, 0)
      const set = await post(target, 'admin', discards, { ids, reason: 'r' })
      assert.equal((JSON.parse(set.text) as { discarded: number }).discarded, 0)
      assert.equal(target.rawRecords(), before, 'something was sent')
    },
  },
  ...(['writer', 'reader', 'sender', 'wrong', 'none'] as const).map((who): ApiAttack => ({
    row,
    name: `a key without the scope (${who}) is refused everywhere`,
    run: async target => {
      const body = JSON.stringify({ all: true, reason: 'r' })
      for (const sent of [
        { method: 'GET', target: letters },
        { method: 'GET', target: `${letters}/${'a'.repeat(32)}` },
        { method: 'POST', target: replays, headers, body },
        { method: 'POST', target: discards, headers, body },
      ]) {
        const { status } = await target.sendAs(who, sent)
        assert.equal(status, who === 'wrong' || who === 'none' ? 401 : 403, sent.target)
      }
    },
  })),
  {
    row,
    name: 'a letter whose body is a page comes back as JSON, the body in base64',
    run: async target => {
      for (const { id } of await lettersOf(target)) {
        const one = await target.sendAs('root', { method: 'GET', target: `${letters}/${id}` })
        assert.equal(one.contentType, 'application/json')
        assert.equal(one.headers['x-content-type-options'], 'nosniff')
        assert.ok(!one.text.includes('<script'), 'what a sender wrote stands there as it is')
        if (one.text.includes(Buffer.from(hostileBody).toString('base64'))) return
      }
      assert.fail('the letter is not there')
    },
  },
]

const bodies: [string, object][] = [
  ['nothing', {}],
  ['an empty filter', { stages: null, ids: null }],
  ['a rate of none', { all: true, rate_per_second: 0 }],
  ['a rate below none', { all: true, rate_per_second: -1 }],
  ['a rate of a milliard', { all: true, rate_per_second: 1e9 }],
  ['a rate that is no number', { all: true, rate_per_second: '1e9' }],
  ['1,001 letters', { ids: Array.from({ length: 1001 }, () => 'a'.repeat(32)) }],
  ['a letter that is a path', { ids: ['../../etc/passwd'] }],
  ['a stage that is none', { stages: ['*'] }],
  ['a patch for many', { all: true, merge_patch: {} }],
  ['a body that is no base64', { ids: ['a'.repeat(32)], body_base64: '<script>' }],
  ['a time that is none', { from: 'yesterday' }],
]

const refusals = bodies.map(([name, body]): ApiAttack => ({
  row,
  name: `a replay with ${name}: 422, nothing sent`,
  run: async target => {
    const before = target.rawRecords()
    const answer = await post(target, 'root', replays, body)
    assert.equal(answer.status, 422, answer.text)
    assert.equal(target.rawRecords(), before)
  },
}))

async function ended(target: ApiTarget, replayId: string): Promise<void> {
  const startedMs = systemClock.elapsedMs()
  for (;;) {
    const answer = await target.sendAs('root', { method: 'GET', target: `${replays}/${replayId}` })
    const { state } = JSON.parse(answer.text) as { state: string }
    if (state === 'finished' || state === 'failed') return
    assert.ok(systemClock.elapsedMs() - startedMs < deadlineMs, `it is ${state}`)
    await systemClock.sleep(20)
  }
}

const twice: ApiAttack = {
  row,
  name: 'two replays of the same letters at once: both come to an end, no letter is sent twice',
  run: async () => {
    const target = await openApiTarget()
    try {
      const { length: count } = await lettersOf(target)
      const before = target.rawRecords()
      const asked = [0, 1].map(() => post(target, 'root', replays, { all: true }))
      for (const { status, text } of await Promise.all(asked)) {
        assert.equal(status, 202, text)
        await ended(target, (JSON.parse(text) as { replay_id: string }).replay_id)
      }
      const sent = target.rawRecords() - before
      assert.ok(sent <= count, `${sent} records for ${count} letters`)
    } finally {
      await target.close()
    }
  },
}

export const letterAttacks: readonly ApiAttack[] = [...others, ...refusals, twice]
