// The status a winning event gives its entity.

/**
 * What the source calls the status, else the action. An update without a status says that something
 * else changed: the entity keeps the status it had, and one we never saw counts as created.
 */
export function statusOf(
  attributes: Record<string, string>,
  action: string,
  previous: string | null,
): string {
  const given = givenStatus(attributes)
  if (given !== null) return given
  return action === 'updated' ? (previous ?? 'created') : action
}

/**
 * A longer text is no status: it would be kept for every entity and written again with each of its
 * records. The event keeps it as it was sent.
 */
const lengthMax = 256
/** A character is at most `\uXXXX`; what is longer is not even read. */
const jsonLengthMax = 2 + 6 * lengthMax

/** `data.status` as text; null where it is absent, empty, too long, or not a plain value. */
function givenStatus(attributes: Record<string, string>): string | null {
  const json = attributes['data.status']
  if (json === undefined || json.length > jsonLengthMax) return null
  const value = parseJson(json)
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return typeof value === 'string' && value !== '' && value.length <= lengthMax ? value : null
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return null
  }
}
