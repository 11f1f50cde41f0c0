import { randomUUID } from 'node:crypto'

/** Makes identifiers; a parameter wherever a test must foresee them. */
export interface Ids {
  /** A random UUID (version 4). */
  uuid(): string
}

export const systemIds: Ids = { uuid: () => randomUUID() }
