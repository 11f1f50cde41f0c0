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

/** `data.status` as text; null where it is absent, empty, or not a plain value. */
function givenStatus(attributes: Record<string, string>): string | null {
  const json = attributes['data.status']
  if (json === undefined) return null
  const value = parseJson(json)
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return typeof value === 'string' && value !== '' ? value : null
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return null
  }
}
