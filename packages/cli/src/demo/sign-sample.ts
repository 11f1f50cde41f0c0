// What of a sample is signed and at what time: for most the body and now, for some on purpose not.

import type { Sample } from './samples/sample.ts'

const staleMs = 600_000

/** The bytes the signature is made over. */
export function signedBytes({ signing, body }: Pick<Sample, 'signing' | 'body'>): Uint8Array {
  return signing === 'wrong' ? body.subarray(0, body.length - 1) : body
}

export function signedAtMs({ signing }: Pick<Sample, 'signing'>, nowMs: number): number {
  return signing === 'stale' ? nowMs - staleMs : nowMs
}
