// Kafka's framing on a TCP stream: size:int32 and so many bytes. Of a request the first eight of these
// are api_key:int16 api_version:int16 correlation_id:int32, of a response correlation_id:int32.

export const apiKeys = { produce: 0, addPartitions: 24, endTxn: 26 } as const

const sizeBytes = 4

/** Cuts a stream into whole frames, size included. */
export class FrameCutter {
  #pieces: Buffer[] = []
  #length = 0

  push(piece: Buffer): Buffer[] {
    this.#pieces.push(piece)
    this.#length += piece.length
    const frames: Buffer[] = []
    for (;;) {
      const needed = this.#needed()
      if (needed === null || this.#length < needed) return frames
      const all = this.#whole()
      frames.push(all.subarray(0, needed))
      const rest = all.subarray(needed)
      this.#pieces = rest.length === 0 ? [] : [rest]
      this.#length = rest.length
    }
  }

  #whole(): Buffer {
    const [first] = this.#pieces
    return this.#pieces.length === 1 && first !== undefined ? first : Buffer.concat(this.#pieces)
  }

  /** Bytes of the frame that begins here; null while not even its size has come. */
  #needed(): number | null {
    if (this.#length < sizeBytes) return null
    const [first] = this.#pieces
    const start = first !== undefined && first.length >= sizeBytes ? first : this.#whole()
    return sizeBytes + start.readInt32BE(0)
  }
}

export interface RequestHead {
  apiKey: number
  correlationId: number
  clientId: string
}

/** The client id is a nullable string behind the correlation id in every header version in use. */
export function requestHead(frame: Buffer): RequestHead {
  const idLength = frame.length >= 14 ? frame.readInt16BE(12) : -1
  return {
    apiKey: frame.readInt16BE(4),
    correlationId: frame.readInt32BE(8),
    clientId: idLength > 0 ? frame.toString('utf8', 14, 14 + idLength) : '',
  }
}

export function responseCorrelationId(frame: Buffer): number {
  return frame.readInt32BE(4)
}
