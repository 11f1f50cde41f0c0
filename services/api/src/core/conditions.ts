// Conditional requests (RFC 9110, 13.1): an ETag is the revision of a resource in quotes. Comparison is
// strong, so a weak ETag never matches.

export interface Conditions {
  readonly ifMatch: readonly number[] | 'any' | null
  readonly ifNoneMatch: boolean
}

const etag = /^"(\d{1,15})"$/
const weak = /^W\/"[^"]*"$/
const listMax = 16

/** Null: a header that is neither `*` nor a list of our ETags. */
export function readConditions(
  ifMatch: string | undefined,
  ifNoneMatch: string | undefined,
): Conditions | null {
  if (ifNoneMatch !== undefined && ifNoneMatch.trim() !== '*') return null
  const isNew = ifNoneMatch !== undefined
  if (ifMatch === undefined) return { ifMatch: null, ifNoneMatch: isNew }
  if (ifMatch.trim() === '*') return { ifMatch: 'any', ifNoneMatch: isNew }
  const parts = ifMatch.split(',').map(part => part.trim())
  if (parts.length > listMax) return null
  const revisions: number[] = []
  for (const part of parts) {
    const digits = etag.exec(part)?.[1]
    if (digits !== undefined) revisions.push(Number(digits))
    else if (!weak.test(part)) return null
  }
  return { ifMatch: revisions, ifNoneMatch: isNew }
}

export function etagOf(revision: number): string {
  return `"${revision}"`
}
