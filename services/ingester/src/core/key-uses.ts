// Which key of which endpoint was used when: noted for every delivery, told seldom and never all at once,
// so that a flood of deliveries is no flood of records.

export interface NotedUse {
  readonly endpointId: string
  readonly keyId: string
  readonly atMs: number
}

export class KeyUses {
  /** By endpoint, then by key: nothing is put together for a delivery but two look-ups. */
  readonly #noted = new Map<string, Map<string, number>>()

  note(endpointId: string, keyId: string, atMs: number): void {
    let keys = this.#noted.get(endpointId)
    if (keys === undefined) this.#noted.set(endpointId, (keys = new Map()))
    keys.set(keyId, atMs)
  }

  /** The oldest noted first, at most so many; they are not told again. */
  take(max: number): NotedUse[] {
    const taken: NotedUse[] = []
    for (const [endpointId, keys] of this.#noted) {
      for (const [keyId, atMs] of keys) {
        if (taken.length === max) return taken
        taken.push({ endpointId, keyId, atMs })
        keys.delete(keyId)
      }
      this.#noted.delete(endpointId)
    }
    return taken
  }

  /** What could not be told is to be told later, unless the key was used again meanwhile. */
  putBack(uses: readonly NotedUse[]): void {
    for (const { endpointId, keyId, atMs } of uses) {
      if (this.#noted.get(endpointId)?.has(keyId) !== true) this.note(endpointId, keyId, atMs)
    }
  }
}
