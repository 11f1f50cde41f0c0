// A map that needs no encoding any more. Whoever makes of a body's bytes what an Avro message holds would
// otherwise make texts of them, only for the codec to make the same bytes again.

/** A map of texts in Avro's binary form; its maker vouches for it, the codec writes it as it is. */
export abstract class EncodedMap {
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.bytes = bytes
    this.start = start
    this.end = end
  }

  /** What it holds, made anew each time. */
  abstract get record(): Record<string, string>
}

/** A record as it is handed over to be written. */
export type Encodable<Value> = Value extends { attributes: Record<string, string> }
  ? Omit<Value, 'attributes'> & { attributes: Record<string, string> | EncodedMap }
  : Value

/** As a reader will have it. */
export function asRead(value: object | null): object | null {
  if (value === null || !('attributes' in value)) return value
  const { attributes } = value
  return attributes instanceof EncodedMap ? { ...value, attributes: attributes.record } : value
}
