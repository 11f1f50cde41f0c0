// Reads topics with Kafka's own Java client, so that kafkajs does not judge itself, and decodes their
// values with avsc straight from the registry, so that our codec does not either.

import { execFile } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import avro from 'avsc'

export interface JudgedRecord {
  topic: string
  partition: number
  offset: number
  timestampMs: number
  key: string | null
  value: Buffer | null
  headers: Record<string, string>
}

interface Line {
  topic: string
  partition: number
  offset: number
  timestamp: number
  key: string | null
  value: string | null
  headers: Record<string, string | null>
}

const program = fileURLToPath(new URL('CommittedReader.java', import.meta.url))

function kafkaJars(): string {
  const dist = process.env['FLEET_DIST_DIR'] ?? resolve('.fleet/dist')
  const folder = readdirSync(dist).find(name => name.startsWith('kafka-'))
  if (folder === undefined || !existsSync(join(dist, folder))) {
    throw new Error(`no Kafka jars below ${dist}; make up fetches them`)
  }
  return join(dist, folder, '*')
}

/** Every committed record of the topics, to the last stable offset at the time of the call. */
export async function readCommitted(
  brokers: string,
  topics: readonly string[],
): Promise<JudgedRecord[]> {
  const { stdout } = await promisify(execFile)(
    'java',
    ['-Xmx256m', '-XX:+UseSerialGC', '-cp', kafkaJars(), program, brokers, ...topics],
    { maxBuffer: 512 * 1024 * 1024 },
  )
  const bytes = (text: string | null): Buffer | null =>
    text === null ? null : Buffer.from(text, 'base64')
  return stdout
    .split('\n')
    .filter(line => line.startsWith('{'))
    .map(line => {
      const { topic, partition, offset, timestamp, key, value, headers } = JSON.parse(line) as Line
      return {
        topic,
        partition,
        offset,
        timestampMs: timestamp,
        key: bytes(key)?.toString('utf8') ?? null,
        value: bytes(value),
        headers: Object.fromEntries(
          Object.entries(headers).map(([name, text]) => [name, bytes(text)?.toString() ?? '']),
        ),
      }
    })
}

/** Decodes Confluent-framed values with the schema the registry has for them. */
export function avroReader(
  registryUrl: string,
): (value: Buffer) => Promise<Record<string, unknown>> {
  const types = new Map<number, Promise<avro.Type>>()
  const typeOf = async (id: number): Promise<avro.Type> => {
    const response = await fetch(`${registryUrl}/schemas/ids/${id}`)
    const { schema } = (await response.json()) as { schema: string }
    return avro.Type.forSchema(JSON.parse(schema) as avro.Schema, { wrapUnions: false })
  }
  return async value => {
    const id = value.readInt32BE(1)
    const known = types.get(id) ?? typeOf(id)
    types.set(id, known)
    return (await known).fromBuffer(value.subarray(5)) as Record<string, unknown>
  }
}
