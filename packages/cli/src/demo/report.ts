// The result of a run, and the object `fleet demo --json` prints. Its names are relied on by others.

import type { Complaint } from './reconcile/reconcile.ts'
import type { Counts, Figures } from './reconcile/figures.ts'
import { total } from './reconcile/figures.ts'
import type { Sent } from './reconcile/sent.ts'

export interface DemoResult {
  id: string
  sent: readonly Sent[]
  figures: Figures
  complaints: readonly Complaint[]
  seconds: number
}

export interface DemoReport {
  sent: number
  accepted: number
  refused: number
  raw_records: number
  published: Counts
  duplicates: number
  superseded: number
  /** Of the processor: raw_records = published + duplicates + dead_letters. */
  dead_letters: number
  crm: number
  accounting: number
  alerts: number
  tasks: number
  reconciled: boolean
  run_id: string
  challenges_answered: number
  refused_by_status: Counts
  dead_letters_by_code: Counts
  crm_by_action: Counts
  accounting_by_status: Counts
  accounting_balanced: boolean
  alerts_by_status: Counts
  tasks_by_kind: Counts
  complaints: readonly Complaint[]
}

export function reportOf({ id, figures, complaints }: DemoResult): DemoReport {
  return {
    sent: figures.sent,
    accepted: figures.accepted,
    refused: figures.refused,
    raw_records: figures.rawRecords,
    published: figures.published,
    duplicates: figures.duplicates,
    superseded: figures.superseded,
    dead_letters: total(figures.deadLettersByCode),
    crm: total(figures.crmByAction),
    accounting: total(figures.entriesByStatus),
    alerts: total(figures.alertsByStatus),
    tasks: total(figures.tasksByKind),
    reconciled: complaints.length === 0,
    run_id: id,
    challenges_answered: figures.challengesAnswered,
    refused_by_status: figures.refusedByStatus,
    dead_letters_by_code: figures.deadLettersByCode,
    crm_by_action: figures.crmByAction,
    accounting_by_status: figures.entriesByStatus,
    accounting_balanced: figures.balanced,
    alerts_by_status: figures.alertsByStatus,
    tasks_by_kind: figures.tasksByKind,
    complaints,
  }
}
