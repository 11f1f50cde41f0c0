import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DeadLetter } from '@fleet/contracts'
import fc from 'fast-check'
import { deadLetterOf, everyLetter, matches, parseAct, Standing } from '../../src/index.ts'
import type { LetterAct, LetterFilter } from '../../src/index.ts'

function act(kind: LetterAct['kind'], letter_id: string, attempt: number): LetterAct {
  return {
    kind,
    letter_id,
    stage: 's',
    attempt,
    at: '2026-11-21T08:00:00Z',
    by: 'me',
    reason: null,
    replay_id: null,
    sent: [],
    patch: null,
  }
}

test('a letter is open until the last act on its newest failure says otherwise', () => {
  const steps: [LetterAct | null, number, string][] = [
    [null, 1, 'open'],
    [act('discarded', 'a', 1), 1, 'discarded'],
    [act('replayed', 'b', 1), 1, 'discarded'],
    [act('replayed', 'a', 1), 1, 'replayed'],
    [null, 2, 'open'],
    [act('discarded', 'a', 2), 2, 'discarded'],
    // Written late: it is about an earlier failure.
    [act('replayed', 'a', 1), 2, 'discarded'],
  ]
  const standing = new Standing()
  for (const [each, attempt, status] of steps) {
    if (each !== null) standing.take(each)
    assert.equal(standing.statusOf({ dead_letter_id: 'a', attempt }), status)
  }
})

test('the status follows from the acts on one letter alone, whatever stands between them', () => {
  const anyAct = fc.record({
    kind: fc.constantFrom('replayed' as const, 'discarded' as const),
    id: fc.constantFrom('a', 'b', 'c'),
    attempt: fc.integer({ min: 1, max: 3 }),
  })
  fc.assert(
    fc.property(fc.array(anyAct), acts => {
      const all = new Standing()
      const own = new Standing()
      for (const { kind, id, attempt } of acts) {
        all.take(act(kind, id, attempt))
        if (id === 'a') own.take(act(kind, id, attempt))
      }
      for (const attempt of [1, 2, 3]) {
        const letter = { dead_letter_id: 'a', attempt }
        assert.equal(all.statusOf(letter), own.statusOf(letter))
      }
    }),
  )
})

const origin = {
  topic: 't',
  partition: 0,
  offset: 1,
  timestampMs: 0,
  key: null,
  value: null,
  headers: {},
}
const failure = { code: 'BAD_TIME', message: 'm', tenantId: 'demo', eventType: 'a.b' }
const letter: DeadLetter = deadLetterOf('crm-sink', origin, failure, 5, null, () => 'f'.repeat(64))

const filters: readonly (readonly [string, Partial<LetterFilter>, boolean])[] = [
  ['nothing', {}, true],
  ['its stage', { stages: ['processor', 'crm-sink'] }, true],
  ['another stage', { stages: ['processor'] }, false],
  ['its id', { ids: ['f'.repeat(32)] }, true],
  ['another id', { ids: [] }, false],
  ['its code', { codes: ['BAD_TIME'] }, true],
  ['another code', { codes: ['INTERNAL'] }, false],
  ['its tenant', { tenant: 'demo' }, true],
  ['another tenant', { tenant: 'other' }, false],
  ['its type', { types: ['a.b'] }, true],
  ['another type', { types: ['a'] }, false],
  ['from its time on', { from: 5 }, true],
  ['from later on', { from: 6 }, false],
  ['up to its time', { to: 5 }, false],
  ['up to later', { to: 6 }, true],
  ['all but one thing', { tenant: 'demo', codes: ['INTERNAL'] }, false],
]

for (const [what, filter, isMeant] of filters) {
  test(`filtered by ${what} a letter is ${isMeant ? '' : 'not '}meant`, () => {
    assert.equal(matches({ ...everyLetter, ...filter }, letter), isMeant)
  })
}

test('what is no act of ours is passed over', () => {
  const good = act('replayed', 'a', 1)
  assert.deepEqual(parseAct(JSON.stringify(good)), good)
  for (const text of ['', 'null', '[]', '{}', '{"kind":"later"}', '{"kind":', '1']) {
    assert.equal(parseAct(text), null, text)
  }
})
