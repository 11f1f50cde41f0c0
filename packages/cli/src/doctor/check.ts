// One thing that was looked at: whether it is well, what was seen, and what to do when it is not.

import { messageOf } from '@fleet/runtime'

export interface Check {
  name: string
  ok: boolean
  detail: string
  /** Null when there is nothing to do; of what is well, where to look. */
  remedy: string | null
}

export function well(name: string, detail: string, remedy: string | null = null): Check {
  return { name, ok: true, detail, remedy }
}

export function unwell(name: string, detail: string, remedy: string): Check {
  return { name, ok: false, detail, remedy }
}

/** A check that fails itself is a finding too; one must never hide the others. */
export async function guarded(
  name: string,
  remedy: string,
  look: () => Promise<Check[]>,
): Promise<Check[]> {
  try {
    return await look()
  } catch (error) {
    return [unwell(name, messageOf(error), remedy)]
  }
}

const listMax = 4

/** A list a person can read: the first few and how many more. */
export function listOf(names: readonly string[]): string {
  const shown = names.slice(0, listMax).join(', ')
  const more = names.length - listMax
  return more > 0 ? `${shown} and ${more} more` : shown
}
