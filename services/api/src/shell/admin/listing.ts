// What all lists have in common.

import { pageMax, readLimit } from '../../core/page.ts'
import type { Answer } from './operation.ts'

export const listParameters: readonly string[] = ['limit', 'after']

/** The limit asked for, or what is wrong with it. */
export function limitOf(query: Readonly<Record<string, string>>): number | Answer {
  const limit = readLimit(query['limit'] ?? null)
  if (limit !== null) return limit
  return {
    problem: 'malformed_request',
    detail: `The query parameter limit must be a whole number from 1 to ${pageMax}.`,
  }
}
