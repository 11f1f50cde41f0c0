import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import type { DeadLetter } from '@fleet/contracts'
import type { Codec } from '@fleet/codec'
import type { FoundLetter } from '@fleet/dlq'

import { show } from '../../src/dlq/list.ts'
import { missingOf } from '../../src/dlq/replay.ts'
import { patchedOf } from '../../src/dlq/show.ts'
import { rowOf } from '../../src/dlq/shown-letter.ts'
import { fakeTerminal } from '../fake-terminal.ts'

function foundOf(given: Partial<DeadLetter>): FoundLetter {
  const letter = {
    dead_letter_id: 'l1',
    stage: 'accounting-sink',
    error_code: 'BAD_AMOUNT',
    tenant_id: 'demo',
    event_id: 'e1',
    event_type: 'billing.charge_succeeded',
    origin: { topic: 'unknown', partition: 0, offset: 0 },
    origin_key: Buffer.from('demo/charge/C1'),
    origin_value: Buffer.from('a'),
    attempt: 1,
    failed_at: 0,
    ...given,
  } as DeadLetter
  const at = { topic: 'letters', partition: 0, offset: 7 }
  return { letter, at, bytes: 1, status: 'open', act: null }
}

describe('a list of letters tells them apart', () => {
  test('by the key of the record and the event id', () => {
    const terminal = fakeTerminal()
    show({ terminal }, [rowOf(foundOf({}))], false)
    assert.match(terminal.output, /record +event +type/)
    assert.match(terminal.output, /demo\/charge\/C1 +e1 +billing\.charge_succeeded/)
  })

  test('by the tenant alone where the record had no key, or one that is no text', () => {
    for (const key of [null, Buffer.from([0xff, 0xfe])]) {
      const row = rowOf(foundOf({ origin_key: key }))
      assert.equal(row.key, null)
      const terminal = fakeTerminal()
      show({ terminal }, [row], false)
      assert.match(terminal.output, / demo +e1 /)
    }
  })
})

describe('letters that were named and are not there', () => {
  const rows: [string, string[], number, RegExp | null][] = [
    ['none was named', [], 0, null],
    ['all are there', ['a', 'b'], 2, null],
    ['one was named twice', ['a', 'a'], 1, null],
    ['the only one is not', ['a'], 0, /^There is no letter a:/],
    ['one of two is not', ['a', 'b'], 1, /1 of the 2 named/],
  ]
  for (const [what, ids, matched, told] of rows) {
    test(what, () => {
      const said = missingOf(ids, { matched })
      if (told === null) assert.equal(said, null)
      else assert.match(said ?? '', told)
    })
  }
})

describe('whether what is shown is a patched attempt', () => {
  const codec = {} as Codec
  const shownOf = (now: FoundLetter, first: FoundLetter) =>
    patchedOf(now, { original: () => Promise.resolve(first.letter) }, codec)

  test('it is when the first failure had another record, which is shown beside it', async () => {
    const shown = await shownOf(foundOf({ origin_value: Buffer.from('b') }), foundOf({}))
    assert.deepEqual(shown, { is_patched: true, original_record: null })
  })

  test('it is not when the same record failed again', async () => {
    assert.deepEqual(await shownOf(foundOf({ attempt: 2 }), foundOf({})), { is_patched: false })
  })
})
