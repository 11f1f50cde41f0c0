// What one delivery costs the processor, piece by piece and without Kafka: CPU microseconds of
// provenance check, Avro in, mapping, decision, Avro out and changelog.
// usage: node --import tsx test/bench/normalize.ts [--events 60000] [--file events.ndjson]

import { createReadStream, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'

import { memoryRegistry, openCodec } from '@fleet/codec'
import { headerNames, partitionOf, topics } from '@fleet/contracts'
import type { RawDelivery } from '@fleet/contracts'
import type { InRecord } from '@fleet/kafka'
import { systemClock } from '@fleet/runtime'
import { platform, ProvenanceKeyRing } from '@fleet/signatures'
import { normalizeEncoded, parseEndpoints } from '@fleet/sources'
import type { Decision, Input } from '@fleet/stage'

import { processorStage } from '../../services/processor/src/index.ts'
import { events as generated, usualPlan } from './process/events.ts'
import { provenanceKeysText, rawDelivery } from './process/load.ts'

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '60000' },
    file: { type: 'string' },
    /** How the pieces are run: one after the other for all records of a batch. */
    batch: { type: 'string', default: '100' },
  },
})
const events = Number(values.events)
const batchSize = Number(values.batch)
const partitions = 6
const endpointsFile = new URL('../../infra/local/endpoints.json', import.meta.url)
const reading = parseEndpoints(readFileSync(endpointsFile, 'utf8'), 'development')
if (!reading.ok) throw new Error(reading.problems.join('; '))
const endpoints = new Map(reading.endpoints.map(endpoint => [endpoint.id, endpoint]))
const keyRing = ProvenanceKeyRing.parse(provenanceKeysText)
const codec = await openCodec({ registry: memoryRegistry(), cacheFile: null, clock: systemClock })
const stage = processorStage({
  settings: { dedupeWindowHours: 168, maxSkewSeconds: 300, stateHorizonDays: 400, seenIdsMax: 5e6 },
  keyRing: () => keyRing,
  endpoints: () => endpoints,
  platform,
})
await codec.load([topics.raw, ...stage.outputs])
const appendedAtMs = systemClock.wallMs()

function recordOf(line: string, position: number): InRecord {
  const { raw, key } = rawDelivery(line, position)
  const value = codec.encode(topics.raw, raw)
  const { mac, keyId } = keyRing.sign(appendedAtMs, key, value)
  return {
    topic: topics.raw.name,
    partition: partitionOf(key, partitions),
    offset: position,
    timestampMs: appendedAtMs,
    key: Buffer.from(key),
    value,
    headers: { [headerNames.mac]: mac, [headerNames.macKeyId]: Buffer.from(keyId) },
  }
}

async function linesOf(): Promise<string[]> {
  const { file } = values
  if (file === undefined) return [...generated({ ...usualPlan, count: events })]
  const lines: string[] = []
  for await (const line of createInterface({ input: createReadStream(file) })) {
    if (lines.push(line) === events) break
  }
  return lines
}

/** CPU microseconds and items of each run of a piece. */
const spent = new Map<string, { micros: number; items: number }[]>()
let warm = false

/** Runs one piece for a whole batch and adds up its CPU time. */
function piece<In, Out>(name: string, batch: readonly In[], run: (item: In) => Out): Out[] {
  const before = process.cpuUsage()
  const results: Out[] = []
  for (const item of batch) results.push(run(item))
  const { user, system } = process.cpuUsage(before)
  if (warm && batch.length > 0) {
    const runs = spent.get(name) ?? []
    spent.set(name, runs)
    runs.push({ micros: user + system, items: batch.length })
  }
  return results
}

const states = Array.from({ length: partitions }, () => stage.createState())
const counts: Record<Decision<unknown>['verdict'], number> = {
  published: 0,
  duplicate: 0,
  dead_letter: 0,
}
let bytes = 0

function runBatch(batch: readonly InRecord[]): void {
  const refusals = piece('admit', batch, record => stage.admit?.(record, partitions))
  if (refusals.some(refusal => refusal !== null)) throw new Error('a record was refused')
  const inputs = piece('decode', batch, (record): Input => ({
    record,
    topic: topics.raw,
    key: record.key?.toString('utf8') ?? '',
    value: codec.decode(topics.raw, record.value ?? Buffer.alloc(0), 'shared'),
    partition: record.partition,
    partitionCount: partitions,
    nowMicros: appendedAtMs * 1000,
    streamTimeMs: appendedAtMs,
  }))
  // Alone, for its own figure; the decision below does it again.
  piece('normalize', inputs, input => {
    const raw = input.value as RawDelivery
    return normalizeEncoded(raw, endpoints.get(raw.endpoint_id), platform).ok
  })
  const decisions = piece('decide', inputs, input => {
    const state = states[input.partition] ?? stage.createState()
    const decision = stage.decide(state, input)
    if (warm) counts[decision.verdict]++
    for (const change of decision.changes) state.stage(change)
    return decision
  })
  const emits = decisions.flatMap(decision => decision.emit)
  const isState = emits.map(emit => emit.topic === topics.state)
  const encode = (name: string, wanted: boolean): void => {
    const chosen = emits.filter((_, index) => isState[index] === wanted)
    for (const value of piece(name, chosen, emit => codec.encode(emit.topic, emit.value))) {
      bytes += value.length
    }
  }
  encode('encode_event', false)
  encode('encode_state', true)
  const changed = piece('changelog', states, state => {
    state.advance?.(appendedAtMs)
    const records = state.pending()
    state.commit()
    return records
  })
  for (const record of changed.flat()) bytes += record.value?.length ?? 0
}

const lines = await linesOf()
const warmUp = Math.min(20_000, Math.floor(lines.length / 3))
let batch: InRecord[] = []
for (const [position, line] of lines.entries()) {
  batch.push(recordOf(line, position))
  if (batch.length < batchSize) continue
  runBatch(batch)
  batch = []
  warm ||= position >= warmUp
}

const measured = counts.published + counts.duplicate + counts.dead_letter

/** Per delivery; `share` 1 is the mean, 0.25 that of the fastest quarter: what a busy machine adds. */
function perEvent(name: string, share: number): number {
  const runs = (spent.get(name) ?? []).toSorted(
    (left, right) => left.micros / left.items - right.micros / right.items,
  )
  const items = runs.reduce((sum, run) => sum + run.items, 0)
  const taken = runs.slice(0, Math.max(1, Math.round(runs.length * share)))
  const micros = taken.reduce((sum, run) => sum + run.micros, 0)
  const each = micros / taken.reduce((sum, run) => sum + run.items, 0)
  return (each * items) / measured
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100
}

function total(share: number): number {
  const names = [...spent.keys()].filter(name => name !== 'normalize')
  return rounded(names.reduce((sum, name) => sum + perEvent(name, share), 0))
}

const names = [...spent.keys()]
const pieces = Object.fromEntries(names.map(name => [name, rounded(perEvent(name, 0.25))]))
process.stdout.write(`${measured} measured, ${bytes} bytes out\n`)
const result = {
  name: 'normalize',
  us_per_event: total(1),
  us_per_event_undisturbed: total(0.25),
  pieces_undisturbed: pieces,
  counts,
}
process.stdout.write(`RESULT ${JSON.stringify(result)}\n`)
