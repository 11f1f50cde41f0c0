// The words this CRM sink files things under: severities, and categories by domain, each with the words
// that sources use for it. They stand beside what was sent, which is never replaced; a word that is not
// here is marked.

export const categoryDomains = ['reservation', 'rental_session', 'incident', 'violation'] as const
export type CategoryDomain = (typeof categoryDomains)[number]

/** Ours by a source's word, both folded. */
export type Words = ReadonlyMap<string, string>

export interface Taxonomy {
  readonly version: string
  readonly severity: Words
  readonly category: Readonly<Record<CategoryDomain, Words>>
  /** What the type alone says when the event gives no reason; by event type. */
  readonly implied: ReadonlyMap<string, string>
}

/** How a word was read. Both null: there was none. */
export interface Reading {
  /** Ours; null for a word that is unknown. */
  readonly value: string | null
  readonly match: 'TAXONOMY' | 'IMPLIED' | 'UNKNOWN' | null
}

const nothing: Reading = { value: null, match: null }

/** One spelling of `No-Show`, `noShow` and `NO SHOW`; of a word without any letter or digit, nothing. */
export function fold(word: string): string {
  return word
    .replaceAll(/(?<=[\p{Ll}\d])(?=\p{Lu})/gu, '_')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, '_')
    .replaceAll(/^_|_$/g, '')
}

/** By the first word the taxonomy knows. */
export function read(words: Words, given: readonly (string | null)[]): Reading {
  for (const sent of given) {
    if (sent === null) continue
    const value = words.get(fold(sent))
    if (value !== undefined) return { value, match: 'TAXONOMY' }
  }
  const isGiven = given.some(word => word !== null && word !== '')
  return isGiven ? { value: null, match: 'UNKNOWN' } : nothing
}

export function readCategory(
  taxonomy: Taxonomy,
  domain: CategoryDomain,
  eventType: string,
  given: readonly (string | null)[],
): Reading {
  const reading = read(taxonomy.category[domain], given)
  if (reading.match !== null) return reading
  const value = taxonomy.implied.get(eventType)
  return value === undefined ? nothing : { value, match: 'IMPLIED' }
}
