// A list in pages: ordered by id, at most `limit`, going on after the last id of the page before.

export const pageMax = 500
const pageDefault = 100

export interface Page<Item> {
  readonly items: readonly Item[]
  /** Where the next page goes on; null: this was the last. */
  readonly next: string | null
}

export function pageOf<Item>(
  all: Iterable<readonly [string, Item]>,
  limit: number,
  after: string | null,
): Page<Item> {
  const rest = [...all].filter(([id]) => after === null || id > after)
  const sorted = rest.toSorted(([left], [right]) => (left < right ? -1 : 1))
  const page = sorted.slice(0, limit)
  const last = page.at(-1)?.[0] ?? null
  return { items: page.map(([, item]) => item), next: sorted.length > limit ? last : null }
}

/** A whole number from 1 to pageMax; null for anything else. */
export function readLimit(text: string | null): number | null {
  if (text === null) return pageDefault
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0
  return limit >= 1 && limit <= pageMax ? limit : null
}
