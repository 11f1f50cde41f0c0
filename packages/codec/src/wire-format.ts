// The framing around an Avro value. Pure; it never looks at the schema or the value.
//
//   value     := magic schemaId payload
//   magic     := 0x00
//   schemaId  := unsigned 32-bit big-endian, 1 to 2147483647
//   payload   := the Avro binary encoding of one value, up to the end
//
// Source: Confluent Schema Registry, "Wire format".

export const framingBytes = 5
const magic = 0
const schemaIdMax = 0x7fffffff

/** The schema id, or null where the bytes are not framed. */
export function schemaIdOf(value: Buffer): number | null {
  if (value.length < framingBytes || value[0] !== magic) return null
  const id = value.readUInt32BE(1)
  return id === 0 || id > schemaIdMax ? null : id
}

/** Writes magic and schema id into the first five bytes. */
export function writeFraming(into: Buffer, schemaId: number): void {
  into[0] = magic
  into.writeUInt32BE(schemaId, 1)
}
