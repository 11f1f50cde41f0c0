// The master keys that seal secrets, by reference: `FLEET_CONTROL_KEY_REF` leads to lines of
// `<id>:<base64 of 32 bytes>`. The first seals, every one opens; that is how the master key is rotated.
// A key itself is never part of a message.

import { controlError } from '../errors.ts'

export interface MasterKey {
  readonly id: string
  readonly key: Buffer
}

const keyBytes = 32
const line = /^([A-Za-z0-9][A-Za-z0-9._-]{0,63}):([A-Za-z0-9+/]{43}=)$/

export class MasterKeys {
  readonly sealing: MasterKey
  readonly #keys: ReadonlyMap<string, MasterKey>

  private constructor(sealing: MasterKey, keys: ReadonlyMap<string, MasterKey>) {
    this.sealing = sealing
    this.#keys = keys
  }

  /** @throws FleetError MASTER_KEY_INVALID (fatal) */
  static parse(text: string): MasterKeys {
    const keys = new Map<string, MasterKey>()
    let sealing: MasterKey | null = null
    for (const [index, part] of text
      .split(/[\s,]+/)
      .filter(Boolean)
      .entries()) {
      const [, id, base64] = line.exec(part) ?? []
      if (id === undefined || base64 === undefined) {
        throw invalid(`key ${index + 1} is not <id>:<base64 of ${keyBytes} bytes>`)
      }
      const key = Buffer.from(base64, 'base64')
      if (key.length !== keyBytes) throw invalid(`key ${index + 1} has ${key.length} bytes`)
      if (keys.has(id)) throw invalid(`the id ${id} stands there twice`)
      const master = { id, key }
      keys.set(id, master)
      sealing ??= master
    }
    if (sealing === null) throw invalid('there is no key in it')
    return new MasterKeys(sealing, keys)
  }

  find(id: string): MasterKey | undefined {
    return this.#keys.get(id)
  }
}

function invalid(what: string): Error {
  return controlError('MASTER_KEY_INVALID', `the master keys are not usable: ${what}`)
}
