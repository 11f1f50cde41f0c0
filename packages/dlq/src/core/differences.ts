// Where two JSON-like values differ, as paths. An encoder fills in what is missing and leaves out what it
// does not know; whoever mends a record by hand must hear of both.

/** Paths (`amount.currency`) at which the values differ, at most `max`; empty when they are equal. */
export function differences(left: unknown, right: unknown, max = 5): string[] {
  const paths: string[] = []
  collect(left, right, '', paths, max)
  return paths
}

function collect(left: unknown, right: unknown, path: string, paths: string[], max: number): void {
  if (paths.length >= max || Object.is(left, right)) return
  if (!isComposite(left) || !isComposite(right) || Array.isArray(left) !== Array.isArray(right)) {
    paths.push(path === '' ? '(value)' : path)
    return
  }
  for (const name of new Set([...Object.keys(left), ...Object.keys(right)])) {
    const inner = path === '' ? name : `${path}.${name}`
    collect(left[name], right[name], inner, paths, max)
  }
}

function isComposite(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
