// One seed from traffic to figures.

import { judge } from './match.ts'
import { alertsOf } from './run-traffic.ts'
import { trafficOf } from './traffic.ts'
import type { Label } from './traffic.ts'

export interface SeedFigures {
  seed: number
  events: number
  /** Alerts that opened, by detector. */
  opened: { detector: string; label: string | null }[]
  labels: { label: string; isFound: boolean }[]
  /** Every false alarm and every miss, to read. */
  remarks: string[]
}

export function runSeed(seed: number): SeedFigures {
  const { events, labels } = trafficOf(seed)
  const { opened, found, missed } = judge(alertsOf(events), labels)
  const remarks: string[] = []
  for (const { alert, label } of opened) {
    if (label !== null) continue
    const at = new Date(alert.event_time / 1000).toISOString()
    remarks.push(`seed ${seed}: false alarm ${at} ${alert.dedup_key}: ${alert.summary}`)
  }
  for (const label of missed) remarks.push(`seed ${seed}: missed ${inWords(label)}`)
  return {
    seed,
    events: events.length,
    opened: opened.map(({ alert, label }) => {
      return { detector: alert.detector, label: label === null ? null : nameOf(label) }
    }),
    labels: [
      ...found.map(label => ({ label: nameOf(label), isFound: true })),
      ...missed.map(label => ({ label: nameOf(label), isFound: false })),
    ],
    remarks,
  }
}

export function isIncident(label: string): boolean {
  return label === 'outage' || label.startsWith('flood')
}

function nameOf(label: Label): string {
  return label.kind === 'flood' ? `flood of ${label.of}` : label.kind
}

function inWords(label: Label): string {
  const [from, to] = [label.fromMs, label.toMs].map(ms => new Date(ms).toISOString())
  return `${JSON.stringify(label)} ${from} to ${to}`
}

// As a process of its own: its share of the seeds, each told to the parent when it is done.
if (process.send !== undefined && process.argv[1]?.endsWith('run-seed.ts') === true) {
  for (const seed of process.argv.slice(2).map(Number)) process.send(runSeed(seed))
  process.disconnect()
}
