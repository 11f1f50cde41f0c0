// Committed records of a topic one by one, read with Kafka's own Java client; for topics too large to be
// held as a whole.

import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

import { kafkaClasspath } from '../../../../infra/local/distribution.ts'
import { readLocalSettings } from '../../../../infra/local/settings.ts'

export interface CommittedRecord {
  readonly topic: string
  readonly partition: number
  readonly timestampMs: number
  readonly key: string
  readonly value: Buffer | null
}

interface Line {
  readonly topic: string
  readonly partition: number
  readonly timestamp: number
  readonly key: string | null
  readonly value: string | null
}

const program = fileURLToPath(new URL('../../../support/CommittedReader.java', import.meta.url))

/** @throws Error when the reader does not reach the end. */
export async function* committedRecords(
  brokers: string,
  topics: readonly string[],
): AsyncIterableIterator<CommittedRecord> {
  const classpath = kafkaClasspath(readLocalSettings().folders.dist)
  const child = spawn(
    'java',
    ['-Xmx256m', '-XX:+UseSerialGC', '-cp', classpath, program, brokers, ...topics],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  )
  const ended = new Promise<number | null>(resolve => child.on('close', resolve))
  for await (const text of createInterface({ input: child.stdout })) {
    if (!text.startsWith('{')) continue
    const { topic, partition, timestamp, key, value } = JSON.parse(text) as Line
    yield {
      topic,
      partition,
      timestampMs: timestamp,
      key: key === null ? '' : Buffer.from(key, 'base64').toString('utf8'),
      value: value === null ? null : Buffer.from(value, 'base64'),
    }
  }
  const code = await ended
  if (code !== 0) throw new Error(`reading ${topics.join(', ')} ended with ${code}`)
}
