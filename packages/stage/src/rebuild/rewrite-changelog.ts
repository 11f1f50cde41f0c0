// Writes the changelog of one partition anew, as the one writer that is allowed to: whoever runs the
// partition is fenced. Positions and counts stay. Until the last portion the progress names a state that is
// none, so that a rebuild that was broken off can't be started from; it can be repeated.

import { topics, transactionalIdOf } from '@fleet/contracts'
import type { StageName } from '@fleet/contracts'
import type { Broker, OutRecord } from '@fleet/kafka'

import type { ChangelogRecord } from '../declaration.ts'
import { barrierKey, encodeProgress, progressKey } from '../progress.ts'
import { StateHash } from '../state-hash.ts'
import type { Standpoint } from './standpoint.ts'

/** Of one transaction: far below what the broker takes in one request. */
const recordsMax = 4096
const bytesMax = 4 * 1024 * 1024
const unfinished = { hash: 'rebuilding', entries: 0 }

export interface ChangelogOwner {
  readonly broker: Pick<Broker, 'openWriter'>
  readonly environment: string
  readonly stage: StageName
  readonly partition: number
  /** Differs from rebuild to rebuild. */
  readonly barrier: string
}

/** Writes records in one transaction. */
export type Commit = (records: readonly ChangelogRecord[]) => Promise<void>

/** Of a rebuild that only looks. */
export const commitNothing: Commit = () => Promise.resolve()

/** Returns when all that `rewrite` committed can be read back. */
export async function asOnlyWriter<Result>(
  { broker, environment, stage, partition, barrier }: ChangelogOwner,
  rewrite: (commit: Commit) => Promise<Result>,
): Promise<Result> {
  const { name: topic } = topics.changelogs[stage]
  const transactionalId = transactionalIdOf(environment, stage, partition)
  const writer = await broker.openWriter({ transactionalId })
  const commit: Commit = async records => {
    const out = records.map((record): OutRecord => ({ topic, partition, ...record }))
    await writer.commit(out)
  }
  const putBarrier = (): Promise<void> => commit([{ key: barrierKey, value: Buffer.from(barrier) }])
  try {
    await putBarrier()
    const result = await rewrite(commit)
    // Begins only when the markers of the one before it are written: what is read back ends behind that.
    await putBarrier()
    return result
  } finally {
    await writer.close()
  }
}

/** What a changelog comes to, before and after. */
export interface Rewritten {
  /** Live records of the state. */
  readonly records_before: number
  readonly records_after: number
  readonly hash_before: string
  readonly hash_after: string
  /** That wrote records of the state. */
  readonly transactions: number
}

/**
 * `refill` puts the records that are right, and says what they are; keys of before that it does not put are
 * deleted.
 */
export async function rewriteChangelog<Told>(
  { progress, keys, table, hash: hashBefore }: Standpoint,
  commit: Commit,
  refill: (log: ChangelogPortions) => Promise<Told>,
): Promise<Rewritten & Told> {
  const log = new ChangelogPortions(keys, table, commit)
  await commit([{ key: progressKey, value: encodeProgress({ ...progress, state: unfinished }) }])
  const told = await refill(log)
  await log.flush()
  await log.put(log.outdated.map(key => ({ key, value: null })))
  await log.flush()
  const { hash, transactions } = log
  const state = table === null ? hash.mark : { ...hash.mark, table: true as const }
  await commit([{ key: progressKey, value: encodeProgress({ ...progress, state }) }])
  return {
    ...told,
    records_before: keys.size,
    records_after: hash.entries - (table?.entries ?? 0),
    hash_before: hashBefore,
    hash_after: hash.toString(),
    transactions,
  }
}

/** Commits in portions; a deletion counts like a record. */
export class ChangelogPortions {
  /** Of the table as it is, and of what is put. */
  readonly hash: StateHash
  transactions = 0
  readonly #commit: Commit
  /** Keys of before, until they are put again. */
  readonly #outdated: Set<string>
  readonly #before: ReadonlySet<string>
  #records: ChangelogRecord[] = []
  #bytes = 0

  constructor(before: ReadonlySet<string>, table: StateHash | null, commit: Commit) {
    this.hash = new StateHash(table)
    this.#before = before
    this.#outdated = new Set(before)
    this.#commit = commit
  }

  /** Of what is flushed. */
  get outdated(): string[] {
    return [...this.#outdated]
  }

  async put(records: readonly ChangelogRecord[]): Promise<void> {
    for (const record of records) {
      this.#records.push(record)
      this.#bytes += record.key.length + (record.value?.length ?? 0)
      if (this.#records.length >= recordsMax || this.#bytes >= bytesMax) await this.flush()
    }
  }

  async flush(): Promise<void> {
    const records = this.#records
    this.#records = []
    this.#bytes = 0
    if (records.length === 0) return
    for (const { key, value } of records) {
      if (value !== null) this.#outdated.delete(key)
      else if (this.#before.has(key)) this.#outdated.add(key)
    }
    this.hash.after(records)
    await this.#commit(records)
    this.transactions++
  }
}
