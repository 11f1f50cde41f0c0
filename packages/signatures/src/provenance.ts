// Provenance of raw records: a MAC that only the edge can make, checked before a value is decoded, so that
// whoever can write to the raw topic still cannot forge an event.
//
//   mac = HMAC-SHA256(key, "fleet-mac-v1" length("fleet.raw") "fleet.raw" length(k) k length(v) v)
//
// length(x): bytes of x, unsigned 32-bit big-endian; k: the record key; v: the framed record value.
// The lengths keep a byte from moving between key and value under the same MAC.

import { hmac } from './digest.ts'

const label = Buffer.from('fleet-mac-v1')
const logicalTopic = Buffer.from('fleet.raw')
const prefix = Buffer.concat([label, lengthOf(logicalTopic), logicalTopic])

export function provenanceMac(
  keyBytes: Uint8Array,
  recordKey: Uint8Array | string,
  framedValue: Uint8Array,
): Buffer {
  const key = typeof recordKey === 'string' ? Buffer.from(recordKey) : recordKey
  return hmac('sha256', keyBytes, prefix, lengthOf(key), key, lengthOf(framedValue), framedValue)
}

function lengthOf(bytes: Uint8Array): Buffer {
  const length = Buffer.allocUnsafe(4)
  length.writeUInt32BE(bytes.length)
  return length
}
