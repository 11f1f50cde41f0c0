// Refunds beyond their charge. The ledger has booked them; here they become one alert for each resource and
// currency, which ends when they are covered, or when nobody has seen to them for long.

import type { Alert } from '@fleet/contracts'
import { microsPerHour } from '@fleet/contracts'

import { buildAlert } from './build-alert.ts'
import type { AlertStatus } from './build-alert.ts'
import type { DetectorSettings } from './detector-settings.ts'
import { microsPerMinute, refundExcess } from './detectors.ts'
import { beforeAnyTick } from './memory.ts'
import type { Change, ExcessFact, Memory } from './memory.ts'
import { firstDue, ordered } from './ticking.ts'
import type { Outcome, Tick } from './ticking.ts'

type Open = NonNullable<ExcessFact['open']>
type Resolution = 'covered' | 'given_up' | 'disabled'

interface Step {
  fact: ExcessFact | null
  alert?: Alert
}

export function judgeExcesses(memory: Memory, tick: Tick, settings: DetectorSettings): Outcome {
  const alerts: Alert[] = []
  const changes: Change[] = []
  for (const [key, fact] of ordered(firstDue(memory, 'excess', tick.at))) {
    const { fact: value, alert } = judge(sinceSomeTick(fact, tick.at), tick.at, settings)
    if (alert !== undefined) alerts.push(alert)
    changes.push({ key, value })
  }
  return { alerts, changes }
}

/**
 * What was heard before the first tick of all counts from that: it would be forgotten at once otherwise,
 * and its signals, told once more, would be news.
 */
function sinceSomeTick(fact: ExcessFact, at: number): ExcessFact {
  return fact.since === beforeAnyTick ? { ...fact, since: at } : fact
}

function judge(fact: ExcessFact, at: number, all: DetectorSettings): Step {
  const { open, excess } = fact
  if (open === null) return judgeClosed(fact, at, all)
  const settings = all.of(refundExcess.name, fact.tenantId)
  const coveredAt = fact.since + settings.quiet_minutes * microsPerMinute
  const giveUpAt = open.openedAt + settings.give_up_hours * microsPerHour
  let resolution: Resolution | null = null
  if (!settings.enabled) resolution = 'disabled'
  else if (excess === 0 && at >= coveredAt) resolution = 'covered'
  else if (at >= giveUpAt) resolution = 'given_up'
  if (resolution !== null) {
    const over = { ...fact, since: at, isNew: false, open: null }
    return {
      fact: { ...over, lookAt: at + refundExcess.keptMicros },
      alert: alertOf(fact, open, 'RESOLVED', at, all, resolution),
    }
  }
  // What is covered for now stays open as it was told; it may be beyond again before it is quiet.
  const lookAt = excess === 0 ? Math.min(coveredAt, giveUpAt) : giveUpAt
  const next = { ...open, reported: excess === 0 ? open.reported : excess }
  const value: ExcessFact = { ...fact, isNew: false, open: next, lookAt }
  if (excess <= open.reported) return { fact: value }
  return { fact: value, alert: alertOf(fact, next, 'UPDATED', at, all, null) }
}

function judgeClosed(fact: ExcessFact, at: number, all: DetectorSettings): Step {
  const settings = all.of(refundExcess.name, fact.tenantId)
  if (fact.excess === 0 || !fact.isNew || !settings.enabled) {
    // Remembered for a while, so that an older signal that comes late does not open it.
    const forgetAt = fact.since + refundExcess.keptMicros
    return { fact: forgetAt <= at ? null : { ...fact, lookAt: forgetAt } }
  }
  const openAt = fact.since + settings.settle_minutes * microsPerMinute
  if (at < openAt) return { fact: { ...fact, lookAt: openAt } }
  const open: Open = { openedAt: at, reported: fact.excess }
  const lookAt = at + settings.give_up_hours * microsPerHour
  return {
    fact: { ...fact, isNew: false, open, lookAt },
    alert: alertOf(fact, open, 'OPEN', at, all, null),
  }
}

function alertOf(
  fact: ExcessFact,
  open: Open,
  status: AlertStatus,
  at: number,
  all: DetectorSettings,
  resolution: Resolution | null,
): Alert {
  const { tenantId, resource, currency, excess } = fact
  const name = `${resource.type} ${resource.id}`
  return buildAlert({
    detector: refundExcess.name,
    status,
    severity: all.of(refundExcess.name, tenantId).severity,
    tenantId,
    subject: resource,
    scope: `${resource.type}/${resource.id}/${currency}`,
    component: refundExcess.component,
    summary:
      resolution === null
        ? `refunds of ${name} are ${excess} minor units of ${currency} beyond its charges`
        : `refunds of ${name} in ${currency}: ${ends[resolution]}`,
    windowStart: Math.min(fact.at, at),
    windowEnd: at,
    observed: excess,
    threshold: 0,
    tickAt: at,
    openedAt: open.openedAt,
    eventIds: fact.eventIds,
    settingsVersion: all.version,
    details: {
      currency,
      entry_id: fact.entryId,
      ...(resolution === null ? {} : { resolution }),
    },
  })
}

const ends: Record<Resolution, string> = {
  covered: 'no longer beyond its charges',
  given_up: 'still beyond its charges, no longer watched',
  disabled: 'no longer watched',
}
