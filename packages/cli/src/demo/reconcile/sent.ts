// A sample after it was sent: what the edge answered.

import type { Sample } from '../samples/sample.ts'

export interface Sent {
  sample: Sample
  status: number
  deliveryId: string | null
  /** Raw records the answer says were written. */
  records: number | null
  /** Of an answered challenge: whether the answer was the right one. */
  isChallengeRight: boolean | null
}

export function isAccepted({ status }: Sent): boolean {
  return status >= 200 && status < 300
}
