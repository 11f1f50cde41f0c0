// All judges over one run, and the run as one fingerprint.

import { createHash } from 'node:crypto'

import { allTopics } from '@fleet/contracts'
import { messageOf } from '@fleet/runtime'

import type { Plan } from '../plan/plan.ts'
import type { Ran } from '../world/world.ts'
import { judgeAlerts } from './alerts.ts'
import { judgeCrm } from './crm.ts'
import { judgeDetectors } from './detectors.ts'
import { judgeExcesses } from './excesses.ts'
import { History } from './history.ts'
import type { Violation } from './history.ts'
import { judgeLedger } from './ledger.ts'
import { judgeLetters } from './letters.ts'
import { judgeProcessor } from './processor.ts'
import { judgeTasks } from './tasks.ts'
import { judgeTicks } from './ticks.ts'
import { judgeTransactions } from './transactions.ts'

export interface Outcome {
  readonly violations: readonly Violation[]
  /** Faults that struck, by kind. */
  readonly struck: ReadonlyMap<string, number>
  readonly healedInMs: number
  /** SHA-256 over every byte of every log: the same plan must give the same one. */
  readonly fingerprint: string
}

export function judge({ shape, faults }: Plan, ran: Ran): Outcome {
  const history = new History(ran.broker, ran.codec, shape.partitions)
  const violations = [...ran.complaints]
  const judges = [
    () => judgeTransactions(history),
    () => judgeProcessor(history, shape),
    () => judgeLedger(history),
    () => judgeCrm(history),
    () => judgeAlerts(history),
    () => judgeDetectors(history),
    () => judgeExcesses(history),
    () => judgeTasks(history),
    () => judgeLetters(history),
    () => judgeTicks(history, shape.tickMs, isBrokersClockRight(faults)),
  ]
  for (const each of judges) {
    try {
      violations.push(...each())
    } catch (error) {
      violations.push({ rule: 'unreadable', detail: messageOf(error) })
    }
  }
  const { struck, healedInMs } = ran
  return { violations, struck, healedInMs, fingerprint: fingerprintOf(ran, shape.partitions) }
}

function isBrokersClockRight(faults: Plan['faults']): boolean {
  return faults.every(
    ({ fault }) => fault.kind !== 'clock-jump' || typeof fault.target === 'number',
  )
}

function fingerprintOf({ broker }: Ran, partitions: number): string {
  const hash = createHash('sha256')
  for (const { name: topic } of allTopics) {
    for (let partition = 0; partition < partitions; partition++) {
      for (const { offset, record, transaction } of broker.log({ topic, partition }).entries()) {
        hash.update(
          `${topic}/${partition}@${offset} ${transaction?.state} ${record?.timestampMs}\n`,
        )
        if (record === null) continue
        hash.update(record.key ?? '').update(record.value ?? '')
        for (const [header, value] of Object.entries(record.headers)) {
          hash.update(header).update(value)
        }
      }
    }
  }
  return hash.digest('hex')
}
