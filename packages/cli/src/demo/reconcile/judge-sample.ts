// Holds what became of one sample against what it declares. Every complaint says what is there and what
// had to be.

import type { JournalEntry } from '@fleet/contracts'
import type { ExpectedEvent, ExpectedRecord } from '../samples/sample.ts'
import type { DomainEvent, Fact, RawRecord } from './evidence.ts'
import { placeOf } from './run-index.ts'
import type { RunIndex } from './run-index.ts'
import type { Sent } from './sent.ts'

/** Empty: as expected. */
export function judgeSample(index: RunIndex, sent: Sent): string[] {
  const { expected } = sent.sample
  switch (expected.answer) {
    case 'refused':
      return unless(sent.status === expected.status, `answered ${sent.status}`, expected.status)
    case 'challenge':
      return unless(
        sent.status === 200 && sent.isChallengeRight === true,
        sent.status === 200 ? 'answered with a wrong proof' : `answered ${sent.status}`,
        '200 with the proof',
      )
    case 'accepted':
      if (sent.status !== 200) return [`answered ${sent.status}, must be 200`]
      return judgeDelivery(index, sent, expected.records)
  }
}

function judgeDelivery(
  index: RunIndex,
  { deliveryId, records }: Sent,
  expected: readonly ExpectedRecord[],
): string[] {
  const count = expected.length
  const said = unless(records === count, `answered with ${records} records`, count)
  const raw = index.rawOf(deliveryId ?? '')
  const complaints = unless(raw.length === count, `has ${raw.length} raw records`, count)
  const parts = raw.map(({ value }) => value.delivery.part_index)
  const isWhole = parts.every((part, position) => part === position)
  if (complaints.length > 0) return [...said, ...complaints]
  if (!isWhole) return [...said, `has the parts ${parts.join(', ')}`]
  const ends = expected.flatMap((record, part) => {
    const fact = raw[part]
    return fact === undefined ? [] : judgeRecord(index, fact, record)
  })
  return [...said, ...ends]
}

function judgeRecord(index: RunIndex, raw: Fact<RawRecord>, expected: ExpectedRecord): string[] {
  const events = index.eventsOf(raw.at)
  const letters = index.lettersOf(raw.at)
  const end = endOf(index, raw)
  const wanted = wantedEnd(expected)
  if (end !== wanted) return [`${placeOf(raw.at)} ${end}, must be ${wanted}`]
  if (expected.verdict !== 'published') return []
  const [event] = events
  if (event === undefined || letters.length > 0) return []
  return judgeEvent(index, event, expected)
}

/** The end of a raw record in words; of several ends all are named. */
function endOf(index: RunIndex, raw: Fact<RawRecord>): string {
  const published = index.eventsOf(raw.at).map(() => 'published')
  const refused = index.lettersOf(raw.at).map(({ value }) => value.error_code)
  const ends = [...published, ...refused]
  if (ends.length > 0) return ends.join(' and ')
  if (index.isDuplicate(raw)) return 'duplicate'
  return index.evidence.hasPassed('processor', raw.at) ? 'lost' : 'not processed'
}

function wantedEnd(expected: ExpectedRecord): string {
  return expected.verdict === 'dead_letter' ? expected.code : expected.verdict
}

function judgeEvent(
  index: RunIndex,
  { at, value: { domain, event } }: Fact<DomainEvent>,
  expected: ExpectedEvent,
): string[] {
  const place = placeOf(at)
  const actions = index.crmOf(at).map(({ value }) => value.action)
  const entries = index.entriesOf(at)
  const statuses = entries.map(({ value }) => value.status)
  const codes = index.evidence.deadLetters
    .filter(({ value }) => placeOf(value.origin) === place)
    .map(({ value }) => `${value.stage} ${value.error_code}`)
  return [
    ...unless(domain === expected.domain, `${place} is in ${domain}`, expected.domain),
    ...unless(
      event.event_type === expected.eventType,
      `${place} is ${event.event_type}`,
      expected.eventType,
    ),
    ...unless(event.mode === expected.mode, `${place} is ${event.mode}`, expected.mode),
    ...unless(
      event.disposition === expected.disposition,
      `${place} is ${event.disposition}`,
      expected.disposition,
    ),
    ...judgeOutputs(`crm of ${place}`, actions, expected.crm),
    ...judgeOutputs(`accounting of ${place}`, statuses, expected.accounting),
    ...entries
      .filter(({ value }) => !isBalanced(value))
      .map(entry => `${placeOf(entry.at)} is not balanced`),
    ...codes.map(code => `${place} is a dead letter of ${code}`),
  ]
}

function judgeOutputs(what: string, found: readonly string[], expected: string | null): string[] {
  const is = found.length === 0 ? 'nothing' : found.join(' and ')
  return unless(is === (expected ?? 'nothing'), `${what} is ${is}`, expected ?? 'nothing')
}

function unless(isRight: boolean, is: string, must: string | number): string[] {
  return isRight ? [] : [`${is}, must be ${must}`]
}

/** Debits equal credits; an entry that awaits its amount has no lines. */
export function isBalanced({ status, lines }: JournalEntry): boolean {
  if (status === 'AWAITING_AMOUNT') return lines.length === 0
  const sum = (side: string): number =>
    lines.filter(line => line.side === side).reduce((total, line) => total + line.amount_minor, 0)
  return lines.length >= 2 && sum('DEBIT') === sum('CREDIT')
}
