// Reads topics with Kafka's own Java client, so that kafkajs does not judge itself, and decodes their
// values with avsc straight from the registry, so that our codec does not either.

import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

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

const javaOptions = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-XX:-UsePerfData']

/** Every committed record of the topics, to the last stable offset at the time of the call. */
export async function readCommitted(
  brokers: string,
  topics: readonly string[],
): Promise<JudgedRecord[]> {
  const records: JudgedRecord[] = []
  await eachCommitted(kafkaJars(), brokers, topics, record => {
    const headers = Object.entries(record.headers)
    records.push({
      ...record,
      key: record.key?.toString('utf8') ?? null,
      headers: Object.fromEntries(headers.map(([name, value]) => [name, value.toString('utf8')])),
    })
  })
  return records
}

/** A record as it is, for readers of bytes. */
export interface CommittedRecord extends Omit<JudgedRecord, 'key' | 'headers'> {
  key: Buffer | null
  /** The last of each name. */
  headers: Record<string, Buffer>
}

/** The same, one record at a time, for topics that do not fit the memory. */
export async function eachCommitted(
  jars: string,
  brokers: string,
  topics: readonly string[],
  take: (record: CommittedRecord) => void,
): Promise<void> {
  const child = spawn('java', [...javaOptions, '-cp', jars, program, brokers, ...topics])
  let complaints = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints = (complaints + text).slice(-2000)
  })
  const ended = new Promise<number>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', code => resolve(code ?? -1))
  })
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('{')) take(recordOf(JSON.parse(line) as Line))
  }
  const code = await ended
  if (code !== 0) throw new Error(`the reader ended with ${code}: ${complaints}`)
}

function recordOf({ timestamp, key, value, headers, ...place }: Line): CommittedRecord {
  return {
    ...place,
    timestampMs: timestamp,
    key: bytesOf(key),
    value: bytesOf(value),
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, text]) => [name, bytesOf(text) ?? Buffer.alloc(0)]),
    ),
  }
}

function bytesOf(text: string | null): Buffer | null {
  return text === null ? null : Buffer.from(text, 'base64')
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
