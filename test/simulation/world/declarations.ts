// The stages as they are in production, with a seed's settings.

import { platform, ProvenanceKeyRing } from '@fleet/signatures'
import { asStage } from '@fleet/stage'
import type { AnyStage } from '@fleet/stage'

import { accountingSink } from '../../../services/accounting-sink/src/index.ts'
import {
  alertingRouter,
  alertingSink,
  readDetectorSettings,
} from '../../../services/alerting-sink/src/index.ts'
import { automation } from '../../../services/automation/src/index.ts'
import { crmSink } from '../../../services/crm-sink/src/index.ts'
import { processorStage } from '../../../services/processor/src/index.ts'
import { endpoints } from '../plan/endpoints.ts'
import type { Shape } from '../plan/plan.ts'
import { policies } from '../plan/policies.ts'

export const maxSkewSeconds = 300

export const detectors = readDetectorSettings('infra/alerts/detectors.json')

export const keyRing = ProvenanceKeyRing.parse(
  JSON.stringify({ keys: [{ id: 'p1', key_base64: Buffer.alloc(32, 7).toString('base64') }] }),
)

/** Longer than any world, however its clocks jump: the judge's model of the CRM never forgets. */
const crmHorizonDays = 400

/** New ones for each start of a process: nothing of an earlier life is left in them. */
export function declarations({ windowHours, horizonDays, tickMs }: Shape): AnyStage[] {
  const processor = processorStage({
    settings: {
      dedupeWindowHours: windowHours,
      maxSkewSeconds,
      stateHorizonDays: horizonDays,
      seenIdsMax: 1_000_000,
    },
    keyRing: () => keyRing,
    endpoints: () => endpoints,
    platform,
  })
  return [
    asStage(processor),
    asStage(crmSink({ stateHorizonDays: crmHorizonDays })),
    asStage(accountingSink()),
    asStage(alertingRouter({ tickMs })),
    asStage(alertingSink({ detectors })),
    asStage(automation({ tickMs, policies })),
  ]
}
