// Where reading starts.

import { microsPerMilli } from '@fleet/contracts'
import { parseTime } from '@fleet/sources'
import { UsageError } from '../exit-code.ts'

export type Start = 'earliest' | 'latest' | { timestampMs: number }

export function parseStart(text: string): Start {
  if (text === 'earliest' || text === 'latest') return text
  const micros = parseTime(text)
  if (micros === null) {
    throw new UsageError('--from must be earliest, latest, or a time such as 2026-11-21T08:00:00Z')
  }
  return { timestampMs: Math.ceil(micros / microsPerMilli) }
}
