// A letter as JSON: in a list without its bytes, whole with them.

import { formatMicros } from '@fleet/contracts'
import type { FoundLetter } from '@fleet/dlq'
import { jsonOf } from '../tail/shown-record.ts'

export interface LetterRow {
  id: string
  stage: string
  status: string
  code: string
  message: string
  attempt: number
  tenant_id: string | null
  event_id: string | null
  event_type: string | null
  /** Of the record that failed, as a rule tenant/type/id of its resource; null: none, or no text. */
  key: string | null
  failed_at: string
  bytes: number
}

export function rowOf({ letter, status, bytes }: FoundLetter): LetterRow {
  return {
    id: letter.dead_letter_id,
    stage: letter.stage,
    status,
    code: letter.error_code,
    message: letter.error_message,
    attempt: letter.attempt,
    tenant_id: letter.tenant_id,
    event_id: letter.event_id,
    event_type: letter.event_type,
    key: keyText(letter.origin_key),
    failed_at: formatMicros(letter.failed_at),
    bytes,
  }
}

function keyText(key: Uint8Array | null): string | null {
  if (key === null) return null
  const text = Buffer.from(key).toString('utf8')
  return text.includes('\uFFFD') ? null : text
}

export function wholeOf({ letter, status, at, act }: FoundLetter): Record<string, unknown> {
  return { status, at, act, letter: jsonOf(letter) }
}
