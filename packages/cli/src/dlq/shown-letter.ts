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
    failed_at: formatMicros(letter.failed_at),
    bytes,
  }
}

export function wholeOf({ letter, status, at, act }: FoundLetter): Record<string, unknown> {
  return { status, at, act, letter: jsonOf(letter) }
}
