// The processor's decisions, judged by the independent model of `fleet verify`, and what that model does
// not look at: the state table, version by version.

import { domains, microsPerDay, topics } from '@fleet/contracts'
import type { DeadLetter, RawDelivery, ResourceState } from '@fleet/contracts'
import { platform } from '@fleet/signatures'

import { judgePartition } from '../../../packages/cli/src/verify/compare.ts'
import type {
  CommonEvent,
  PartitionEvidence,
  RawFact,
} from '../../../packages/cli/src/verify/evidence.ts'
import { endpoints } from '../plan/endpoints.ts'
import type { Shape } from '../plan/plan.ts'
import { keyRing, maxSkewSeconds } from '../world/declarations.ts'
import type { Entry, History, Violation } from './history.ts'
import { winnersOf } from './winners.ts'

/** Names of `fleet verify` and Jepsen's. */
const jepsenNames: Readonly<Record<string, string>> = {
  lost: 'lost-write',
  wrong_verdict: 'wrong-verdict',
  wrong_content: 'wrong-content',
  wrong_disposition: 'wrong-disposition',
  repeated: 'duplicate',
  two_ends: 'duplicate',
  stray: 'aborted-read',
}

export function judgeProcessor(history: History, shape: Shape): Violation[] {
  const violations: Violation[] = []
  for (let partition = 0; partition < shape.partitions; partition++) {
    const evidence = evidenceOf(history, partition)
    const judged = judgePartition(evidence, {
      windowHours: shape.windowHours,
      skewSeconds: maxSkewSeconds,
      horizonDays: shape.horizonDays,
      endpoints,
      platform,
    })
    const { raw, published, duplicates, dead_letters, pending } = judged.report
    if (pending > 0 || published + duplicates + dead_letters !== raw) {
      violations.push({ rule: 'unreconciled', detail: JSON.stringify(judged.report) })
    }
    for (const { rule, topic, offset, detail } of judged.violations) {
      const where = `${topic}-${partition}@${offset}`
      violations.push({ rule: jepsenNames[rule] ?? rule, detail: `processor: ${where}: ${detail}` })
    }
    violations.push(...judgeState(evidence, shape))
  }
  return violations
}

function evidenceOf(history: History, partition: number): PartitionEvidence {
  const { processor } = topics.deadLetters
  const facts = <Value>(topic: (typeof topics)['state'], read: (entry: Entry) => Value): Value[] =>
    history.committed(topic, partition).map(read)
  return {
    partition,
    partitionCount: history.partitions,
    rawStart: 0,
    raw: facts(topics.raw, entry => rawFact(history, entry)),
    processedUpTo: history.positions('processor', partition)[topics.raw.name] ?? 0,
    unreadable: [],
    events: domains.flatMap(domain => {
      const topic = topics.events[domain]
      return facts(topic, entry => ({
        ...placed(entry),
        event: history.value<CommonEvent>(topic, entry) as CommonEvent,
      }))
    }),
    deadLetters: facts(processor, entry => ({
      ...placed(entry),
      letter: history.value<DeadLetter>(processor, entry) as DeadLetter,
    })),
    state: facts(topics.state, entry => ({
      ...placed(entry),
      state: history.value<ResourceState>(topics.state, entry),
    })),
  }
}

function placed({ record }: Entry): { topic: string; offset: number; key: string } {
  return { topic: record.topic, offset: record.offset, key: record.key?.toString('utf8') ?? '' }
}

function rawFact(history: History, entry: Entry): RawFact {
  const { key, value, headers, timestampMs, offset } = entry.record
  let delivery: RawDelivery | null = null
  try {
    delivery = history.value<RawDelivery>(topics.raw, entry)
  } catch {
    // The model expects a dead letter for it.
  }
  return {
    offset,
    appendedAtMs: timestampMs,
    key: key?.toString('utf8') ?? '',
    provenance: keyRing.verify(
      headers['fleet_mac_kid']?.toString('utf8'),
      headers['fleet_mac'],
      key ?? '',
      value ?? Buffer.alloc(0),
      timestampMs,
    ),
    delivery,
  }
}

/** Versions count up by one, and the newest state of each resource is the model's. */
function judgeState(evidence: PartitionEvidence, shape: Shape): Violation[] {
  const violations: Violation[] = []
  const newest = new Map<string, ResourceState | null>()
  for (const { key, state, offset } of evidence.state) {
    const expected = (newest.get(key)?.version ?? 0) + 1
    if (state !== null && state.version !== expected) {
      const detail = `state@${offset} of ${key} is version ${state.version}, must be ${expected}`
      violations.push({ rule: 'wrong-state', detail })
    }
    newest.set(key, state)
  }
  const streamTimeMs = Math.max(0, ...evidence.raw.map(({ appendedAtMs }) => appendedAtMs))
  const floor = streamTimeMs * 1000 - shape.horizonDays * microsPerDay
  for (const { key, field, eventId, effectiveAt, rank } of winnersOf(evidence, shape.horizonDays)) {
    const state = newest.get(key)
    const register = field.kind === 'register' ? state?.registers[field.name] : undefined
    const holder =
      field.kind === 'register' ? register?.event_id : state?.signals[field.name]?.event_id
    if (
      register?.event_id === eventId &&
      (register.effective_at !== effectiveAt || register.rank !== rank)
    ) {
      const detail = `${key} register ${field.name} has another time or rank than ${eventId}`
      violations.push({ rule: 'wrong-state', detail })
    }
    // Whether something older than the horizon is forgotten yet does not matter: nothing else may stand there.
    if (holder === eventId || (effectiveAt < floor && holder === undefined)) continue
    const detail = `${key} ${field.kind} ${field.name} is ${holder}, must be ${eventId}`
    violations.push({ rule: 'wrong-state', detail })
  }
  return violations
}
