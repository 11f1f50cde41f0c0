// One spelling for each resource type, in one table for webhooks, polls, snapshots, replays and the API.
// Part of the record key: changing a row moves resources, so it takes a new `identifierVersion`.

const charactersMax = 64
const forbidden = /[\p{Cc}\p{Cs}]/u

const aliases: ReadonlyMap<string, string> = new Map([
  ['booking', 'reservation'],
  ['rental', 'rental_session'],
  ['session', 'rental_session'],
  ['payment', 'charge'],
  ['car', 'vehicle'],
])

/** Folds to lower_snake, then applies the aliases; null for an empty, overlong or unprintable name. */
export function normalizeResourceType(text: string): string | null {
  if (text.length > 4 * charactersMax) return null
  const folded = text
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .replace(/[ _-]+/g, '_')
    .replace(/^_|_$/g, '')
    .toLowerCase()
  const count = Array.from(folded).length
  if (count === 0 || count > charactersMax || forbidden.test(folded)) return null
  return aliases.get(folded) ?? folded
}
