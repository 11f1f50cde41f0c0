// What one seed stands for: the shape of its world, the records that arrive and the faults that
// strike. Records and faults have numbers, so that a failing plan can be made smaller by leaving out.

import type { StageName } from '@fleet/contracts'

/** Shorter than in production, so that a run has room for several takeovers. */
export const sessionTimeoutMs = 4000

export interface Plan {
  readonly seed: number
  readonly shape: Shape
  readonly records: readonly PlannedRecord[]
  readonly faults: readonly PlannedFault[]
}

export interface Shape {
  readonly partitions: number
  /** Which stages each process runs. */
  readonly processes: readonly (readonly StageName[])[]
  readonly windowHours: number
  readonly horizonDays: number
  readonly tickMs: number
  /** What a transaction may take; a short time makes small ones. */
  readonly latencyTargetMs: number
  /** From here on nothing strikes any more and everything is made whole. */
  readonly healAtMs: number
}

export type Defect =
  | 'bad_mac'
  | 'no_mac'
  | 'unknown_key'
  | 'wrong_partition'
  | 'garbage'
  | 'no_value'
  | 'unknown_schema'

/** One record of the raw topic; the body is the sender's, byte for byte. */
export interface PlannedRecord {
  readonly number: number
  readonly atMs: number
  readonly endpointId: string
  readonly body: string
  readonly defect: Defect | null
  /** How long before `atMs` the edge received it. */
  readonly heldMs: number
}

/**
 * Where a process waits for the world: before it asks for something, and when the answer is there but
 * not heard yet; a commit has a place in between. It can die at each.
 */
export const places = [
  'open-writer',
  'open-writer-heard',
  'close-writer',
  'commit',
  'commit-written',
  'commit-heard',
  'open-reader',
  'take',
  'take-heard',
  'join-group',
  'join-group-heard',
  'heartbeat',
  'revoked',
  'leave-group',
  'leave-group-heard',
  'show-offsets',
  'open-admin',
  'ask-end',
  'registry',
  'registry-heard',
] as const
export type Place = (typeof places)[number]

export type Fault =
  /** At the n-th await of the process from then on, anywhere or at one place; 0 is at once. */
  | {
      readonly kind: 'kill'
      readonly process: number
      readonly place: Place | null
      readonly awaits: number
      readonly downMs: number
    }
  | { readonly kind: 'pause'; readonly process: number; readonly ms: number }
  | { readonly kind: 'stop'; readonly process: number; readonly downMs: number }
  | { readonly kind: 'rebalance'; readonly stage: StageName; readonly ms: number }
  | { readonly kind: 'registry-down'; readonly ms: number }
  | { readonly kind: 'registry-slow'; readonly ms: number; readonly delayMs: number }
  | { readonly kind: 'clock-jump'; readonly target: number | 'broker' | 'all'; readonly ms: number }
  | ArmedFault

/** Strikes the next call of its sort, of this stage or of any. */
export type ArmedFault =
  | { readonly kind: 'commit'; readonly stage: StageName | null; readonly how: CommitFault }
  | { readonly kind: 'read-failed'; readonly stage: StageName | null }
  | { readonly kind: 'read-slow'; readonly stage: StageName | null; readonly ms: number }
  | { readonly kind: 'writer-refused'; readonly stage: StageName | null }
  /** The predecessor is fenced, but nobody hears of it. */
  | { readonly kind: 'writer-unheard'; readonly stage: StageName | null }

const armedKinds: readonly string[] = [
  'commit',
  'read-failed',
  'read-slow',
  'writer-refused',
  'writer-unheard',
] satisfies ArmedFault['kind'][]

const otherKinds = [
  'kill',
  'pause',
  'stop',
  'rebalance',
  'registry-down',
  'registry-slow',
  'clock-jump',
] satisfies Fault['kind'][]

const commitFaults = [
  'refused',
  'aborted',
  'response-lost',
  'left-open',
  'end-delayed',
  'written-late',
  'crash',
] satisfies CommitFault['kind'][]

export function isArmed(fault: Fault): fault is ArmedFault {
  return armedKinds.includes(fault.kind)
}

export type CommitFault =
  /** Refused before anything was written. */
  | { readonly kind: 'refused' }
  /** Some or all was written, then aborted. */
  | { readonly kind: 'aborted'; readonly share: number }
  /** Committed, but the writer never hears of it. */
  | { readonly kind: 'response-lost' }
  /** Some or all was written; the transaction stays open until a successor or its timeout ends it. */
  | { readonly kind: 'left-open'; readonly share: number }
  /** The writer gives up; its EndTxn still arrives, later. */
  | { readonly kind: 'end-delayed'; readonly ms: number }
  /** The writer gives up; what it wrote still arrives, later, and its EndTxn never does. */
  | { readonly kind: 'written-late'; readonly ms: number }
  /** The process dies before (0), in (1) or after (2) the writing, or after the commit (3). */
  | { readonly kind: 'crash'; readonly step: number; readonly downMs: number }

export interface PlannedFault {
  readonly number: number
  readonly atMs: number
  readonly fault: Fault
}

/** What it is counted as, once it has struck. */
export function kindOf(fault: Fault): string {
  return fault.kind === 'commit' ? `commit ${fault.how.kind}` : fault.kind
}

/** Every kind that is counted; one that never strikes tests nothing. */
export const kinds: readonly string[] = [
  ...places.map(killedAt),
  ...otherKinds,
  ...armedKinds.filter(kind => kind !== 'commit'),
  ...commitFaults.map(kind => `commit ${kind}`),
]

export function killedAt(place: Place): string {
  return `kill at ${place}`
}

export function describeFault({ number, atMs, fault }: PlannedFault): string {
  return `#${number} at ${atMs} ms: ${JSON.stringify(fault)}`
}

/** The same plan with only these records and faults. */
export function restrict(
  plan: Plan,
  keep: { records: ReadonlySet<number>; faults: ReadonlySet<number> },
): Plan {
  return {
    ...plan,
    records: plan.records.filter(({ number }) => keep.records.has(number)),
    faults: plan.faults.filter(({ number }) => keep.faults.has(number)),
  }
}
