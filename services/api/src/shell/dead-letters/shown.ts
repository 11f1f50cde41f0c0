// Letters and replays as the admin API shows them.

import { formatMicros } from '@fleet/contracts'
import type { FoundLetter, LetterAct, ReplayProgress } from '@fleet/dlq'
import type { ReplayReport } from './desk.ts'

export function shownLetter({ letter, status, at, bytes }: FoundLetter) {
  return {
    id: letter.dead_letter_id,
    stage: letter.stage,
    status,
    error_code: letter.error_code,
    error_message: letter.error_message,
    attempt: letter.attempt,
    tenant_id: letter.tenant_id,
    endpoint_id: letter.endpoint_id,
    event_id: letter.event_id,
    event_type: letter.event_type,
    failed_at: formatMicros(letter.failed_at),
    at,
    bytes,
  }
}

const base64 = (bytes: Uint8Array | null): string | null =>
  bytes === null ? null : Buffer.from(bytes).toString('base64')

export function wholeLetter(found: FoundLetter, acts: readonly LetterAct[]) {
  const { letter } = found
  return {
    ...shownLetter(found),
    causes: letter.causes,
    origin: letter.origin,
    origin_timestamp: formatMicros(letter.origin_timestamp),
    origin_key: base64(letter.origin_key),
    origin_value: base64(letter.origin_value),
    origin_headers: letter.origin_headers.map(({ name, value }) => ({
      name,
      value: base64(value),
    })),
    body: base64(letter.body),
    replay_id: letter.replay_id,
    trace_id: letter.trace_id,
    acts,
  }
}

export function replayShown(report: ReplayReport) {
  const { started, state, matched, sent, refused, errorCode } = report
  return {
    replay_id: started.replay_id,
    state,
    started_at: started.at,
    by: started.by,
    reason: started.reason,
    matched,
    sent,
    refused,
    error_code: errorCode,
    refusals: [],
  }
}

/** Of a dry run: nothing was written. */
export function progressShown({ matched, sent, refused, refused_letters }: ReplayProgress) {
  return {
    replay_id: null,
    state: 'dry_run',
    started_at: null,
    by: null,
    reason: null,
    matched,
    sent,
    refused,
    error_code: null,
    refusals: refused_letters,
  }
}
