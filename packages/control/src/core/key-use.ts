// When a key of a sender was last used: what ingesters write of it, now and then, and the newest of what
// they wrote. Several write at once and in any order, so the latest time counts.

/** One value of the topic, under the key `<endpoint>/<key>`. */
export interface KeyUse {
  readonly endpointId: string
  /** Of the secret, or of the API key. */
  readonly keyId: string
  /** RFC 3339. */
  readonly lastUsedAt: string
}

export function keyUseKey({ endpointId, keyId }: Pick<KeyUse, 'endpointId' | 'keyId'>): string {
  return `${endpointId}/${keyId}`
}

export function encodeKeyUse({ endpointId, keyId, lastUsedAt }: KeyUse): string {
  return JSON.stringify({ endpoint_id: endpointId, key_id: keyId, last_used_at: lastUsedAt })
}

/** Null: not one of ours. */
export function parseKeyUse(text: string): KeyUse | null {
  try {
    const value = JSON.parse(text) as Readonly<Record<string, unknown>> | null
    const { endpoint_id: endpointId, key_id: keyId, last_used_at: lastUsedAt } = value ?? {}
    if (typeof endpointId !== 'string' || typeof keyId !== 'string') return null
    if (typeof lastUsedAt !== 'string' || Number.isNaN(Date.parse(lastUsedAt))) return null
    return { endpointId, keyId, lastUsedAt }
  } catch {
    return null
  }
}

export class NewestUses {
  readonly #uses = new Map<string, KeyUse>()

  take(use: KeyUse): void {
    const key = keyUseKey(use)
    const known = this.#uses.get(key)
    const isNewer = known === undefined || Date.parse(known.lastUsedAt) < Date.parse(use.lastUsedAt)
    if (isNewer) this.#uses.set(key, use)
  }

  /** Null: never, as far as is known. */
  lastUsedAt(endpointId: string, keyId: string): string | null {
    return this.#uses.get(keyUseKey({ endpointId, keyId }))?.lastUsedAt ?? null
  }

  /** By endpoint and key. */
  all(): KeyUse[] {
    const sorted = [...this.#uses].toSorted(([left], [right]) => (left < right ? -1 : 1))
    return sorted.map(([, use]) => use)
  }
}
