// Both mappers over raw records, one after the other: what differs goes into the report, and nowhere else.

import type { Codec } from '@fleet/codec'
import { topics } from '@fleet/contracts'
import type { RawDelivery } from '@fleet/contracts'
import type { InRecord } from '@fleet/kafka'
import { FleetError } from '@fleet/runtime'
import { platform } from '@fleet/signatures'
import type { Endpoint, Mapper } from '@fleet/sources'

import { compareMappings, runMapper } from './compare-mappings.ts'
import { Retries } from './retries.ts'
import type { Example, ShadowReport } from './shadow-report.ts'

/** One mapper with the endpoints it is given. */
export interface Side {
  readonly mapper: Mapper
  readonly endpoints: ReadonlyMap<string, Endpoint>
}

/** Runs both mappers over records and keeps what differs. */
export class Shadow {
  readonly #present: Side
  readonly #candidate: Side
  readonly #report: ShadowReport
  readonly #retries = new Retries(text => platform.textSha256Hex(text))

  constructor(present: Side, candidate: Side, report: ShadowReport) {
    this.#present = present
    this.#candidate = candidate
    this.#report = report
  }

  get retries(): Retries['counts'] {
    return this.#retries.counts
  }

  async see(
    records: readonly InRecord[],
    codec: Pick<Codec, 'prepare' | 'decode'>,
    tell: (example: Example) => void,
  ): Promise<void> {
    await prepare(codec, records)
    for (const record of records) {
      this.#report.records++
      const raw = decode(codec, record)
      if (raw === null) this.#report.undecodable++
      else this.#compare(raw, record, tell)
    }
  }

  #compare(raw: RawDelivery, record: InRecord, tell: (example: Example) => void): void {
    const endpoint = this.#present.endpoints.get(raw.endpoint_id)
    if (endpoint === undefined) this.#report.without_endpoint++
    const candidateEndpoint = this.#candidate.endpoints.get(raw.endpoint_id)
    const present = runMapper(this.#present.mapper, raw, endpoint, platform)
    const candidate = runMapper(this.#candidate.mapper, raw, candidateEndpoint, platform)
    this.#retries.see(record.key?.toString('utf8') ?? '', present, candidate)
    const difference = compareMappings(present, candidate, raw)
    if (difference === null) return
    const example = this.#report.add(difference, record)
    if (example !== null) tell(example)
  }
}

/** A record whose schema nobody knows must not keep the others from being compared. */
async function prepare(codec: Pick<Codec, 'prepare'>, records: readonly InRecord[]): Promise<void> {
  try {
    await codec.prepare(records.map(({ value }) => value))
  } catch (error) {
    if (error instanceof FleetError && error.code === 'SCHEMA_PENDING') return
    throw error
  }
}

function decode(codec: Pick<Codec, 'decode'>, { value }: InRecord): RawDelivery | null {
  if (value === null) return null
  try {
    return codec.decode(topics.raw, value) as RawDelivery
  } catch {
    return null
  }
}
