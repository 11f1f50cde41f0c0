// A TCP proxy in front of one broker that lets only so many bytes a second pass to it, from all its clients
// together: a broker that is slow, and evenly so, which a quota of its own is not. Answers pass at once.

import { connect, createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'

import { systemClock } from '@fleet/runtime'

const host = '127.0.0.1'

export class SlowLink {
  readonly #brokerPort: number
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #freeAtMs = 0
  /** All that comes. */
  bytesPerSecond = Infinity

  constructor(brokerPort: number) {
    this.#brokerPort = brokerPort
    this.#server = createServer({ noDelay: true }, client => this.#serve(client))
  }

  async open(): Promise<number> {
    await new Promise<void>(resolve => void this.#server.listen(0, host, resolve))
    return this.#port
  }

  close(): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  get #port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  #serve(client: Socket): void {
    const broker = connect({ host, port: this.#brokerPort, noDelay: true })
    for (const socket of [client, broker]) {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket)).on('error', () => {})
    }
    client
      .on('data', piece => this.#pass(client, broker, piece))
      .on('close', () => broker.destroy())
    broker
      .on('data', piece => void client.write(namedAs(piece, this.#brokerPort, this.#port)))
      .on('close', () => client.destroy())
  }

  #pass(client: Socket, broker: Socket, piece: Buffer): void {
    const nowMs = systemClock.elapsedMs()
    this.#freeAtMs = Math.max(nowMs, this.#freeAtMs) + (piece.length * 1000) / this.bytesPerSecond
    if (this.#freeAtMs <= nowMs) {
      broker.write(piece)
      return
    }
    client.pause()
    systemClock.after(this.#freeAtMs - nowMs, () => {
      broker.write(piece)
      client.resume()
    })
  }
}

/** Where a broker says who it is, it is the proxy: a host and four bytes of port, as long as before. */
export function namedAs(piece: Buffer, fromPort: number, toPort: number): Buffer {
  const [from, to] = [fromPort, toPort].map(port => {
    const name = Buffer.from(`${host}....`)
    name.writeInt32BE(port, host.length)
    return name
  }) as [Buffer, Buffer]
  for (let at = piece.indexOf(from); at !== -1; at = piece.indexOf(from, at)) to.copy(piece, at)
  return piece
}
