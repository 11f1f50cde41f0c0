// Opens the sealed secrets of records. What was opened once is not opened again; what does not open is
// told, and tried again at the next look.

import type { SecretRecord } from '../core/records.ts'
import { MasterKeys } from './master-keys.ts'
import { openSecret } from './seal.ts'

export class SecretOpener {
  readonly #masterKeyText: () => string
  readonly #opened = new WeakMap<SecretRecord, Buffer>()
  #parsed: { text: string; keys: MasterKeys } | null = null

  /** @param masterKeyText may throw; then what is open stays open. */
  constructor(masterKeyText: () => string) {
    this.#masterKeyText = masterKeyText
  }

  /**
   * @throws FleetError MASTER_KEY_INVALID (fatal), SECRET_SEALED_OTHERWISE (poison), and what the
   *   reference of the master keys throws.
   */
  open(record: SecretRecord): Buffer {
    const known = this.#opened.get(record)
    if (known !== undefined) return known
    if (!('sealed' in record.source)) throw new TypeError('the secret is not sealed')
    const place = {
      tenantId: record.tenant_id,
      endpointId: record.endpoint_id,
      keyId: record.id,
      version: record.version,
    }
    const opened = openSecret(this.#keys(), place, record.source.sealed)
    this.#opened.set(record, opened)
    return opened
  }

  #keys(): MasterKeys {
    const text = this.#masterKeyText()
    if (this.#parsed?.text !== text) this.#parsed = { text, keys: MasterKeys.parse(text) }
    return this.#parsed.keys
  }
}
