// The processor a second time, written for plainness alone: it keeps every delivery and works
// everything out again from the beginning for each new one. Shares no code with src/.

import type { Sent } from './kit.ts'

export interface NaiveOptions {
  windowSeconds: number
  skewSeconds: number
  horizonSeconds: number
  idsMax: number
}

export interface NaiveResult {
  verdict: 'published' | 'duplicate' | 'dead_letter'
  code: string | null
  disposition: 'CURRENT' | 'SUPERSEDED' | null
  /** `won` of each signal. */
  won: boolean[]
}

interface Candidate {
  at: number
  rank: number
  id: string
}

interface SignalCandidate extends Candidate {
  code: string
  good: boolean
  value: string | null
  observedAt: number
}

interface Taken {
  one: Sent
  streamTime: number
  result: NaiveResult
}

/** Rank of the few types the generators use. */
const ranks: Record<string, number> = {
  'reservation.created': 0,
  'reservation.updated': 1,
  'reservation.accepted': 2,
  'reservation.refused': 2,
  'billing.charge_failed': 1,
  'billing.charge_succeeded': 2,
  'vehicle.state_reported': 1,
}

export class NaiveModel {
  readonly #options: NaiveOptions
  readonly taken: Taken[] = []

  constructor(options: NaiveOptions) {
    this.#options = options
  }

  take(one: Sent): NaiveResult {
    const streamTime = Math.max(one.appended, ...this.taken.slice(-1).map(last => last.streamTime))
    const result = this.#judge(one, streamTime)
    this.taken.push({ one, streamTime, result })
    return result
  }

  #judge(one: Sent, streamTime: number): NaiveResult {
    const none = { disposition: null, won: [] }
    const dead = (code: string): NaiveResult => ({ verdict: 'dead_letter', code, ...none })
    if (one.bad !== null) return dead(one.bad)
    if (one.received < streamTime - this.#options.windowSeconds) return dead('OUTSIDE_WINDOW')
    const published = this.taken.filter(({ result }) => result.verdict === 'published')
    const remembered = published
      .slice(-this.#options.idsMax)
      .filter(earlier => streamTime - earlier.streamTime <= this.#options.windowSeconds)
      .findLast(earlier => sameIdentity(earlier.one, one))
    if (remembered !== undefined) {
      const same = remembered.one.fingerprint === one.fingerprint
      if (!same && one.onIdConflict === 'dead_letter') return dead('ID_CONFLICT')
      return { verdict: 'duplicate', code: null, ...none }
    }
    return { verdict: 'published', code: null, ...this.#compete(one, streamTime) }
  }

  #compete(one: Sent, streamTime: number): Pick<NaiveResult, 'disposition' | 'won'> {
    const lost = one.signals.map(() => false)
    if (one.mode === 'TEST') return { disposition: 'SUPERSEDED', won: lost }
    const mine = this.#registerCandidate(one, streamTime)
    const winner = greatest([...this.#registerCandidates(one.resource, one.domain), mine])
    const wonRegister = mine !== null && winner === mine
    const competing = this.#signalCandidates(one, streamTime)
    const won = one.signals.map((_, position) => {
      const candidate = competing.get(position)
      if (candidate === undefined) return false
      const others = this.#earlierSignals(one.resource, candidate.code)
      return greatest([...others, candidate]) === candidate
    })
    const current = one.signals.length > 0 ? won.includes(true) : wonRegister
    return { disposition: current ? 'CURRENT' : 'SUPERSEDED', won }
  }

  /** `domain` → id of the winner; `code` → what is known of the signal. */
  stateOf(resource: string): {
    registers: Record<string, string>
    signals: Record<string, string>
  } {
    const registers: Record<string, string> = {}
    for (const domain of new Set(this.taken.map(({ one }) => one.domain))) {
      const winner = greatest(this.#registerCandidates(resource, domain))
      if (winner !== null) registers[domain] = winner.id
    }
    const signals: Record<string, string> = {}
    const codes = this.taken.flatMap(({ one }) => one.signals.map(({ code }) => code))
    for (const code of new Set(codes)) {
      const readings = this.#earlierSignals(resource, code)
      const latest = greatest(readings)
      if (latest === null) continue
      const value = greatest(readings.filter(({ good }) => good))
      signals[code] =
        `${latest.good ? 'SUCCESS' : 'ERROR'} ${latest.id} ${value?.value} ${value?.observedAt}`
    }
    return { registers, signals }
  }

  #live(resource: string): Taken[] {
    return this.taken.filter(
      ({ one, result }) =>
        result.verdict === 'published' && one.mode === 'LIVE' && one.resource === resource,
    )
  }

  #registerCandidates(resource: string, domain: string): Candidate[] {
    return this.#live(resource)
      .filter(({ one }) => one.domain === domain)
      .map(({ one, streamTime }) => this.#registerCandidate(one, streamTime))
      .filter(candidate => candidate !== null)
  }

  /** Null beyond the horizon. */
  #registerCandidate(one: Sent, streamTime: number): Candidate | null {
    const at = this.#heldBack(one.occurred, one)
    if (at < streamTime - this.#options.horizonSeconds) return null
    return { at, rank: ranks[one.type] ?? Number.NaN, id: one.id }
  }

  #earlierSignals(resource: string, code: string): SignalCandidate[] {
    return this.#live(resource)
      .flatMap(({ one, streamTime }) => [...this.#signalCandidates(one, streamTime).values()])
      .filter(candidate => candidate.code === code)
  }

  /** The signals of an event that compete, by position. */
  #signalCandidates(one: Sent, streamTime: number): Map<number, SignalCandidate> {
    const candidates = new Map<number, SignalCandidate>()
    one.signals.forEach((signal, position) => {
      const beaten = one.signals.some(
        (other, otherPosition) =>
          other.code === signal.code &&
          (other.observed_at > signal.observed_at ||
            (other.observed_at === signal.observed_at && otherPosition > position)),
      )
      const observedSeconds = signal.observed_at / 1_000_000 - Date.UTC(2026, 0, 1) / 1000
      const at = this.#heldBack(observedSeconds, one)
      if (beaten || at < streamTime - this.#options.horizonSeconds) return
      candidates.set(position, {
        at,
        rank: 0,
        id: one.id,
        code: signal.code,
        good: signal.status === 'SUCCESS',
        value: signal.value_json,
        observedAt: signal.observed_at,
      })
    })
    return candidates
  }

  #heldBack(seconds: number, one: Sent): number {
    return Math.min(seconds, one.appended + this.#options.skewSeconds)
  }
}

function sameIdentity(left: Sent, right: Sent): boolean {
  return (
    left.tenant === right.tenant &&
    left.source === right.source &&
    left.resource === right.resource &&
    (left.domain === 'vehicle') === (right.domain === 'vehicle') &&
    left.mode === right.mode &&
    left.id === right.id
  )
}

/** Of equals the first: what came later does not replace it. */
function greatest<C extends Candidate>(candidates: readonly (C | null)[]): C | null {
  let best: C | null = null
  for (const candidate of candidates) {
    if (candidate === null) continue
    const greater =
      best === null ||
      candidate.at > best.at ||
      (candidate.at === best.at && candidate.rank > best.rank) ||
      (candidate.at === best.at &&
        candidate.rank === best.rank &&
        Buffer.compare(Buffer.from(candidate.id), Buffer.from(best.id)) > 0)
    if (greater) best = candidate
  }
  return best
}
