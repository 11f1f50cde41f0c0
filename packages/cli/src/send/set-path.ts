// Writes at the places that endpoint paths name: `$.a.b[0]`.

type Container = Record<string, unknown>

/** Sets the value at the path, making what is missing on the way. */
export function setPath(root: Container, path: string, value: unknown): void {
  const steps = [...path.matchAll(/\.([^.[\]]+)|\[(\d+)\]/g)].map(
    step => step[1] ?? Number(step[2]),
  )
  let at: Container = root
  for (const [index, step] of steps.entries()) {
    const next = steps[index + 1]
    if (next === undefined) {
      define(at, step, value)
      return
    }
    const known = Object.hasOwn(at, step) ? at[step] : undefined
    if (typeof known !== 'object' || known === null) {
      define(at, step, typeof next === 'number' ? [] : {})
    }
    at = at[step] as Container
  }
}

// Defined, not assigned: a path may name any field, `__proto__` too.
function define(at: Container, step: string | number, value: unknown): void {
  Object.defineProperty(at, step, { value, enumerable: true, writable: true, configurable: true })
}
