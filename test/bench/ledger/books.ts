// The books as two sides know them, the model and the journal, in a form that can be held against each
// other: sums by tenant, currency and category, sums by account, and a digest of every entry.

import { createHash } from 'node:crypto'

import type { ModelEntry } from '../../support/ledger-model.ts'

export class Books {
  /** `tenant currency category` → minor units moved. */
  readonly categories = new Map<string, bigint>()
  /** `tenant currency account` → debit minus credit. */
  readonly accounts = new Map<string, bigint>()
  readonly statuses = new Map<string, number>()
  /** Entry id and status → digest; one in the journal and one in the model, or something is wrong. */
  readonly #digests = new Map<string, number>()
  repeated = 0

  get entries(): number {
    return this.#digests.size
  }

  add(entry: ModelEntry): void {
    const { entryId, status, tenant, currency, category, lines } = entry
    const name = `${entryId} ${status}`
    if (this.#digests.has(name)) {
      this.repeated++
      return
    }
    this.#digests.set(name, digestOf(entry))
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1)
    for (const line of lines) {
      const [account = '', side, amount = '0'] = line.split(' ')
      const minor = BigInt(amount)
      const signed = side === 'DEBIT' ? minor : -minor
      bump(this.accounts, JSON.stringify([tenant, currency, account]), signed)
      if (side === 'DEBIT')
        bump(this.categories, JSON.stringify([tenant, currency, category]), minor)
    }
  }

  /** One sentence for each difference. */
  differences(must: Books): string[] {
    const found: string[] = []
    if (this.repeated > 0) found.push(`${this.repeated} entries stand in the journal twice`)
    for (const part of ['categories', 'accounts'] as const) {
      for (const name of new Set([...this[part].keys(), ...must[part].keys()])) {
        const is = this[part].get(name) ?? 0n
        const wanted = must[part].get(name) ?? 0n
        if (is !== wanted) found.push(`${part} ${name}: ${is}, must be ${wanted}`)
      }
    }
    for (const [name, digest] of must.#digests) {
      const is = this.#digests.get(name)
      if (is === undefined) found.push(`entry ${name} is missing`)
      else if (is !== digest) found.push(`entry ${name} says something else`)
    }
    for (const name of this.#digests.keys()) {
      if (!must.#digests.has(name)) found.push(`entry ${name} must not be there`)
    }
    return found
  }
}

function bump(sums: Map<string, bigint>, name: string, by: bigint): void {
  sums.set(name, (sums.get(name) ?? 0n) + by)
}

/** 48 bits of everything an entry says. */
function digestOf(entry: ModelEntry): number {
  const text = JSON.stringify(entry, (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  )
  return createHash('sha256').update(text).digest().readUIntBE(0, 6)
}
