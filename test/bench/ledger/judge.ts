// What really stands in Kafka after a run: journal, dead letters, and what `fleet ledger` says of them.

import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

import type { Codec } from '@fleet/codec'
import { topics } from '@fleet/contracts'
import type { DeadLetter, JournalEntry, Topic } from '@fleet/contracts'
import { connectKafka } from '@fleet/kafka'
import type { InRecord } from '@fleet/kafka'
import { readPartition } from '@fleet/stage'

import { repositoryRoot } from '../../../infra/local/settings.ts'
import type { TrialBalance } from '../../../packages/cli/src/ledger/trial-balance.ts'
import { asModelEntry } from '../../support/ledger-model.ts'
import { Books } from './books.ts'
import type { Environment } from './sink-process.ts'

const run = promisify(execFile)

export interface Found {
  readonly books: Books
  /** Dead letters by code. */
  readonly refused: ReadonlyMap<string, number>
}

export async function readJournal(brokers: string, codec: Codec): Promise<Found> {
  const books = new Books()
  const refused = new Map<string, number>()
  await readAll(brokers, topics.accounting, async records => {
    await codec.prepare(records.map(({ value }) => value))
    for (const { value } of records) {
      if (value === null) continue
      books.add(asModelEntry(codec.decode(topics.accounting, value) as JournalEntry))
    }
  })
  const letters = topics.deadLetters['accounting-sink']
  await readAll(brokers, letters, async records => {
    await codec.prepare(records.map(({ value }) => value))
    for (const { value } of records) {
      if (value === null) continue
      const { error_code: code } = codec.decode(letters, value) as DeadLetter
      refused.set(code, (refused.get(code) ?? 0) + 1)
    }
  })
  return { books, refused }
}

async function readAll(
  brokers: string,
  { name: topic }: Topic,
  visit: (records: readonly InRecord[]) => Promise<void>,
): Promise<void> {
  const broker = connectKafka({ brokers: brokers.split(','), clientId: 'bench-ledger' })
  const admin = await broker.openAdmin()
  const reader = await broker.openReader({ maxWaitMs: 100, partitionBytesMax: 4 * 1024 * 1024 })
  try {
    for (const { partition, lastStable: to } of await admin.offsets(topic)) {
      const slice = { topic, partition, from: -1, to }
      await readPartition(reader, slice, new AbortController().signal, visit)
    }
  } finally {
    await reader.close()
    await admin.close()
  }
}

/** Runs the `fleet` command and returns the object it prints; its exit code may be 0 or 1. */
export async function fleet<Report>(
  environment: Environment,
  ...args: readonly string[]
): Promise<Report> {
  const program = join(repositoryRoot, 'packages', 'cli', 'bin', 'fleet.js')
  const options = {
    cwd: repositoryRoot,
    env: { ...process.env, ...environment },
    maxBuffer: 1 << 27,
  }
  try {
    const { stdout } = await run(process.execPath, [program, ...args, '--json'], options)
    return JSON.parse(stdout) as Report
  } catch (error) {
    const { stdout = '', code } = error as { stdout?: string; code?: number }
    if (code === 1 && stdout !== '') return JSON.parse(stdout) as Report
    throw error
  }
}

/** Where the trial balance differs from the model. */
export function trialBalanceDifferences({ rows }: TrialBalance, { accounts }: Books): string[] {
  const found: string[] = []
  const is = new Map(
    rows.map(({ tenant_id, currency, account, balance_minor }) => [
      JSON.stringify([tenant_id, currency, account]),
      BigInt(balance_minor),
    ]),
  )
  for (const name of new Set([...is.keys(), ...accounts.keys()])) {
    const balance = is.get(name) ?? 0n
    const must = accounts.get(name) ?? 0n
    if (balance !== must) found.push(`trial balance ${name}: ${balance}, must be ${must}`)
  }
  return found
}
