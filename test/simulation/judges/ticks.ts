// Ticks that are records: each in one transaction with the word in the progress that it was taken, each
// newer than the one before, none ahead of the time, whatever the clock of the process that took it says.
// That they go on is for the world to see.

import { topics } from '@fleet/contracts'
import type { AlertSignal } from '@fleet/contracts'

import type { History, Transaction, Violation } from './history.ts'

interface Tick {
  readonly atMs: number
  readonly appendedMs: number
  readonly transaction: Transaction
}

export function judgeTicks(
  history: History,
  tickMs: number,
  isBrokersClockRight: boolean,
): Violation[] {
  const violations: Violation[] = []
  for (let partition = 0; partition < history.partitions; partition++) {
    const complain = (rule: string, detail: string): void => {
      violations.push({ rule, detail: `ticks of ${partition}: ${detail}` })
    }
    const ticks = ticksOf(history, partition)
    judgeOrder(ticks, tickMs, complain)
    const early = ticks.find(({ atMs, appendedMs }) => isBrokersClockRight && atMs > appendedMs)
    if (early !== undefined) complain('early-tick', `${early.atMs} at ${early.appendedMs}`)
    judgeProgress(history, partition, ticks, complain)
    if (ticks.length === 0) complain('lost-write', 'none at all')
  }
  return violations
}

function ticksOf(history: History, partition: number): Tick[] {
  return history.committed(topics.alertSignals, partition).flatMap(entry => {
    const signal = history.value<AlertSignal>(topics.alertSignals, entry)
    if (signal === null || signal.tick_at === null) return []
    const { transaction, record } = entry
    return [{ atMs: signal.tick_at / 1000, appendedMs: record.timestampMs, transaction }]
  })
}

type Complain = (rule: string, detail: string) => void

function judgeOrder(ticks: readonly Tick[], tickMs: number, complain: Complain): void {
  let last = 0
  for (const { atMs } of ticks) {
    if (atMs === last) complain('duplicate', `${atMs} twice`)
    if (atMs < last) complain('misordered', `${atMs} after ${last}`)
    if (atMs % tickMs !== 0) complain('wrong-content', `${atMs} is no multiple of ${tickMs}`)
    last = Math.max(last, atMs)
  }
}

/** What the progress says was taken is there, and the other way round. */
function judgeProgress(
  history: History,
  partition: number,
  ticks: readonly Tick[],
  complain: Complain,
): void {
  const written = new Map(ticks.map(tick => [tick.transaction, tick]))
  let last = 0
  const changelog = topics.changelogs['alerting-router']
  for (const { record, transaction } of history.committed(changelog, partition)) {
    if (record.key?.toString('utf8') !== '!progress' || record.value === null) continue
    const { lastTickMs } = JSON.parse(record.value.toString('utf8')) as { lastTickMs: number }
    const tick = written.get(transaction)
    written.delete(transaction)
    if (lastTickMs !== last && tick?.atMs !== lastTickMs) {
      complain('lost-write', `${lastTickMs} was taken but not written`)
    } else if (tick !== undefined && tick.atMs !== lastTickMs) {
      complain('torn-transaction', `${tick.atMs} was written but ${lastTickMs} taken`)
    }
    last = lastTickMs
  }
  for (const { atMs } of written.values()) {
    complain('torn-transaction', `${atMs} was written but not taken`)
  }
}
