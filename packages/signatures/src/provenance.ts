// Provenance of raw records: a MAC that only the edge can make, checked before a value is decoded, so that
// whoever can write to the raw topic still cannot forge an event.
//
//   mac = HMAC-SHA256(key, "fleet-mac-v1" length("fleet.raw") "fleet.raw" length(k) k length(v) v)
//
// length(x): bytes of x, unsigned 32-bit big-endian; k: the record key; v: the framed record value.
// The lengths keep a byte from moving between key and value under the same MAC.

import { MacKey } from './mac-key.ts'

const label = Buffer.from('fleet-mac-v1')
const logicalTopic = Buffer.from('fleet.raw')
const prefix = Buffer.concat([label, lengthOf(logicalTopic), logicalTopic])

// Used up within one call.
const keyLength = Buffer.alloc(4)
const valueLength = Buffer.alloc(4)

export function provenanceMac(
  macKey: MacKey | Uint8Array,
  recordKey: Uint8Array | string,
  framedValue: Uint8Array,
): Buffer {
  const key = typeof recordKey === 'string' ? Buffer.from(recordKey) : recordKey
  keyLength.writeUInt32BE(key.length)
  valueLength.writeUInt32BE(framedValue.length)
  const maker = macKey instanceof MacKey ? macKey : new MacKey(macKey)
  return maker.mac(prefix, keyLength, key, valueLength, framedValue)
}

function lengthOf(bytes: Uint8Array): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return length
}
