// Does everything that was sent add up with everything that is in the topics? Pure: the answer is a list of
// complaints, each about one sample or one record.

import type { Coordinates } from '@fleet/contracts'
import type { Evidence } from './evidence.ts'
import { judgeSample } from './judge-sample.ts'
import { judgeNoShowAlert } from './no-show-alert.ts'
import { placeOf, rawOriginOf, RunIndex } from './run-index.ts'
import type { Sent } from './sent.ts'

export interface Complaint {
  /** Title of the sample; null: no sample explains the record. */
  sample: string | null
  detail: string
}

export function reconcile(
  sent: readonly Sent[],
  evidence: Evidence,
  run: { id: string; tenantId: string },
): Complaint[] {
  const index = new RunIndex(evidence)
  const ofSamples = sent.flatMap(one =>
    judgeSample(index, one).map(detail => ({ sample: one.sample.title, detail })),
  )
  const others = [...straysOf(sent, evidence, run.id), ...judgeNoShowAlert(evidence, run.tenantId)]
  return [...ofSamples, ...others.map(detail => ({ sample: null, detail }))]
}

/** Records of this run that nothing which was sent explains. */
function straysOf(sent: readonly Sent[], evidence: Evidence, runId: string): string[] {
  const deliveries = new Set(sent.map(({ deliveryId }) => deliveryId))
  const raw = new Set(evidence.raw.map(({ at }) => placeOf(at)))
  const events = new Set(evidence.events.map(({ at }) => placeOf(at)))
  const strays: string[] = []
  for (const { at, value } of evidence.raw) {
    if (deliveries.has(value.delivery.delivery_id)) continue
    strays.push(`${placeOf(at)} is of this run, but no answer named its delivery`)
  }
  const expectOrigin = (at: Coordinates, origin: Coordinates, known: Set<string>): void => {
    if (!known.has(placeOf(origin))) {
      strays.push(`${placeOf(at)} comes from ${placeOf(origin)}, which is not of this run`)
    }
  }
  for (const { at, value } of evidence.events) expectOrigin(at, rawOriginOf(value), raw)
  for (const { at, value } of [...evidence.crm, ...evidence.entries]) {
    if (value.event_id.includes(runId)) expectOrigin(at, value.origin, events)
  }
  return strays
}
