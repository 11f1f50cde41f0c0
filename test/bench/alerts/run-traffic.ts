// Traffic through the stages as production declares them: events into the router's tasks, their signals
// into the sink's, a tick every five minutes, and a restart of all tasks from their changelogs each week.

import { partitionOf, resourceKey, topics } from '@fleet/contracts'
import type { Alert } from '@fleet/contracts'
import { driveStage } from '@fleet/stage'
import type { Emit } from '@fleet/stage'

import {
  alertingRouter,
  alertingSink,
  readDetectorSettings,
} from '../../../services/alerting-sink/src/index.ts'
import { beginMs, endMs } from './traffic.ts'
import type { TrafficEvent } from './traffic.ts'

const partitionCount = 2
const tickMs = 300_000
const weekMs = 7 * 24 * 3_600_000
const latencyMs = 500

const detectors = readDetectorSettings('infra/alerts/detectors.json')

export function alertsOf(events: readonly TrafficEvent[]): Alert[] {
  const partitions = Array.from({ length: partitionCount }, (_, partition) => partition)
  const routers = partitions.map(partition =>
    driveStage(alertingRouter({ tickMs }), { partition, partitionCount }),
  )
  const sinks = partitions.map(partition =>
    driveStage(alertingSink({ detectors }), { partition, partitionCount }),
  )
  const alerts: Alert[] = []
  const sink = (emits: readonly Emit[], timestampMs: number): void => {
    for (const { key, value, partition } of emits) {
      const piped = { key, value, timestampMs }
      const decision = sinks[partition ?? 0]?.pipe(topics.alertSignals, piped)
      for (const { value: alert } of decision?.emit ?? []) alerts.push(alert as Alert)
    }
  }
  let next = 0
  for (let nowMs = beginMs + tickMs; nowMs <= endMs; nowMs += tickMs) {
    for (let event = events[next]; event !== undefined; event = events[next]) {
      if (event.arrivesMs + latencyMs >= nowMs) break
      next++
      const key = resourceKey(event.tenant, event.resourceType, event.resourceId)
      const timestampMs = Math.round(event.arrivesMs + latencyMs)
      const value = valueOf(event)
      const router = routers[partitionOf(key, partitionCount)]
      const decision = router?.pipe(topics.events[event.domain], { key, value, timestampMs })
      sink(decision?.emit ?? [], timestampMs)
    }
    for (const router of routers) sink(router.tick(nowMs).emit, nowMs)
    if ((nowMs - beginMs) % weekMs === 0) for (const task of [...routers, ...sinks]) task.restart()
  }
  return alerts
}

/** What the router reads of an event. */
function valueOf(event: TrafficEvent): object {
  return {
    tenant_id: event.tenant,
    source: event.source,
    event_id: event.eventId,
    event_type: event.type,
    resource: { type: event.resourceType, id: event.resourceId },
    mode: 'LIVE',
    disposition: event.isNewest ? 'CURRENT' : 'SUPERSEDED',
    effective_at: Math.round(event.atMs) * 1000,
    vehicle_id: event.vehicleId,
    started_at: null,
    due_at: event.dueMs === null ? null : Math.round(event.dueMs) * 1000,
  }
}
