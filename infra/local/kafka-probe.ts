// Asks a broker for its metadata with four lines of the wire protocol: ready means it answers as a
// broker that is registered, not only that its port is open.

import { connect } from 'node:net'

/**
 * Metadata request v5 without topics. Grammar: size INT32, api_key INT16 = 3, api_version INT16 = 5,
 * correlation_id INT32, client_id NULLABLE_STRING, [topics] INT32, allow_auto_topic_creation BOOLEAN.
 */
function metadataRequest(): Buffer {
  const request = Buffer.alloc(19)
  request.writeInt32BE(15, 0)
  request.writeInt16BE(3, 4)
  request.writeInt16BE(5, 6)
  request.writeInt32BE(1, 8)
  request.writeInt16BE(-1, 12)
  request.writeInt32BE(0, 14)
  request.writeInt8(0, 18)
  return request
}

/** Response: size INT32, correlation_id INT32, throttle_time_ms INT32, [brokers] INT32, … */
const brokersAt = 12

export function brokerAnswers(port: number, timeoutMs = 1_000): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ host: '127.0.0.1', port })
    let answer = Buffer.alloc(0)
    const finish = (ready: boolean): void => {
      socket.destroy()
      resolve(ready)
    }
    socket.setTimeout(timeoutMs, () => finish(false))
    socket.on('error', () => finish(false))
    socket.on('close', () => resolve(false))
    socket.on('connect', () => socket.write(metadataRequest()))
    socket.on('data', data => {
      answer = Buffer.concat([answer, data])
      if (answer.length >= brokersAt + 4) finish(answer.readInt32BE(brokersAt) > 0)
    })
  })
}
