// Puts other ports into the answers that name brokers. Host and port stay where they are and as long
// as they are, so the frame keeps its size. Versions without tagged fields only: those of kafkajs.
//
//   Metadata Response (3-8) => throttle_time_ms:int32 [node_id:int32 host:string port:int32
//     rack:nullable_string] …   (1-2: without throttle_time_ms)
//   FindCoordinator Response (1-2) => throttle_time_ms:int32 error_code:int16
//     error_message:nullable_string node_id:int32 host:string port:int32
//     (0: error_code:int16 node_id:int32 host:string port:int32)

const metadataKey = 3

type PortFor = (port: number) => Promise<number>

export async function rewritePorts(
  apiKey: number,
  apiVersion: number,
  answer: Buffer,
  portFor: PortFor,
): Promise<Buffer> {
  const bytes = Buffer.from(answer)
  const places =
    apiKey === metadataKey ? inMetadata(apiVersion, bytes) : inCoordinator(apiVersion, bytes)
  for (const at of places) {
    const port = bytes.readInt32BE(at)
    // Of an error, which names nobody.
    if (port > 0) bytes.writeInt32BE(await portFor(port), at)
  }
  return bytes
}

function behindString(bytes: Buffer, at: number): number {
  return at + 2 + Math.max(0, bytes.readInt16BE(at))
}

function inMetadata(apiVersion: number, bytes: Buffer): number[] {
  if (apiVersion < 1 || apiVersion > 8) throw new Error(`Metadata ${apiVersion} is not understood`)
  let at = apiVersion >= 3 ? 4 : 0
  const count = bytes.readInt32BE(at)
  at += 4
  const places: number[] = []
  for (let broker = 0; broker < count; broker++) {
    at = behindString(bytes, at + 4)
    places.push(at)
    at = behindString(bytes, at + 4)
  }
  return places
}

function inCoordinator(apiVersion: number, bytes: Buffer): number[] {
  if (apiVersion > 2) throw new Error(`FindCoordinator ${apiVersion} is not understood`)
  const nodeAt = apiVersion === 0 ? 2 : behindString(bytes, 6)
  return [behindString(bytes, nodeAt + 4)]
}
