// A map that needs no encoding any more. Whoever makes of a body's bytes what an Avro message holds would
// otherwise make texts of them, only for the codec to make the same bytes again.

/** A map of texts in Avro's binary form; its maker vouches for it, the codec writes it as it is. */
export class EncodedMap {
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.bytes = bytes
    this.start = start
    this.end = end
  }
}
