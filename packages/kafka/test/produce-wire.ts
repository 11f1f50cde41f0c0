// A broker's side of Produce, version 7, for tests: reads a request back and writes an answer, by code
// that shares nothing with what is tested.

export interface ReadProduce {
  transactionalId: string | null
  acks: number
  timeoutMs: number
  partitions: { topic: string; partition: number; records: Buffer }[]
}

export function readProduce(body: Buffer): ReadProduce {
  let at = 0
  const take = (count: number): Buffer => body.subarray(at, (at += count))
  const int16 = (): number => take(2).readInt16BE()
  const int32 = (): number => take(4).readInt32BE()
  const string = (): string | null => {
    const length = int16()
    return length < 0 ? null : take(length).toString()
  }
  const read: ReadProduce = {
    transactionalId: string(),
    acks: int16(),
    timeoutMs: int32(),
    partitions: [],
  }
  for (let topics = int32(); topics > 0; topics--) {
    const topic = string() ?? ''
    for (let partitions = int32(); partitions > 0; partitions--) {
      read.partitions.push({ topic, partition: int32(), records: take(int32()) })
    }
  }
  if (at !== body.length) throw new Error(`${body.length - at} bytes follow the request`)
  return read
}

/** Every partition of the request acknowledged with one offset. */
export function acknowledgedAt({ partitions }: ReadProduce, baseOffset: number): Buffer {
  return produceResponse(
    partitions.map(({ topic, partition }) => ({ topic, partition, errorCode: 0, baseOffset })),
  )
}

export function produceResponse(
  rows: readonly { topic: string; partition: number; errorCode: number; baseOffset: number }[],
): Buffer {
  const parts: Buffer[] = []
  const int = (value: number, bytes: 2 | 4 | 8): void => {
    const part = Buffer.alloc(bytes)
    if (bytes === 8) part.writeBigInt64BE(BigInt(value))
    else part.writeIntBE(value, 0, bytes)
    parts.push(part)
  }
  int(rows.length, 4)
  for (const { topic, partition, errorCode, baseOffset } of rows) {
    int(topic.length, 2)
    parts.push(Buffer.from(topic))
    int(1, 4)
    int(partition, 4)
    int(errorCode, 2)
    int(baseOffset, 8)
    int(-1, 8) // log append time
    int(0, 8) // log start offset
  }
  int(0, 4) // throttle time
  return Buffer.concat(parts)
}
