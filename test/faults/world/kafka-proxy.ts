// A TCP proxy in front of one broker that understands Kafka's framing. By rules it eats or delays single
// requests or their answers; everything else passes in order. A delayed request reaches the broker even
// when its sender has given up and gone: that is the late EndTxn a transaction protocol must survive.

import { connect, createServer } from 'node:net'
import type { Server, Socket } from 'node:net'

import { systemClock } from '@fleet/runtime'

import { FrameCutter, requestHead, responseCorrelationId } from './kafka-frames.ts'

export interface WireRule {
  readonly apiKey: number
  /** Beginning of the client id. */
  readonly client: string
  readonly side: 'request' | 'answer'
  /** Null: eaten. */
  readonly delayMs: number | null
  /** How many more it applies to; shared by the proxies of all brokers. */
  left: number
  hits: number
}

/** The rules in force, shared by the proxies of a cluster. */
export class WireRules {
  readonly #rules = new Set<WireRule>()

  add(rule: WireRule): void {
    this.#rules.add(rule)
  }

  remove(rule: WireRule): void {
    this.#rules.delete(rule)
  }

  clear(): void {
    this.#rules.clear()
  }

  take(apiKey: number, clientId: string): WireRule | null {
    for (const rule of this.#rules) {
      if (rule.left <= 0 || rule.apiKey !== apiKey || !clientId.startsWith(rule.client)) continue
      rule.left--
      rule.hits++
      return rule
    }
    return null
  }
}

export class KafkaProxy {
  readonly port: number
  readonly #targetPort: number
  readonly #rules: WireRules
  readonly #sockets = new Set<Socket>()
  #server: Server | null = null
  #isCut = false

  constructor(port: number, targetPort: number, rules: WireRules) {
    this.port = port
    this.#targetPort = targetPort
    this.#rules = rules
  }

  async open(): Promise<void> {
    if (this.#server !== null) return
    const server = createServer({ noDelay: true }, client => this.#serve(client))
    this.#server = server
    await new Promise<void>((resolve, reject) => {
      server.on('error', reject)
      server.listen(this.port, '127.0.0.1', resolve)
    })
  }

  /** As a dead broker: connections end and new ones are refused. */
  close(): void {
    this.#server?.close()
    this.#server = null
    for (const socket of this.#sockets) socket.destroy()
  }

  /** As a load balancer without its broker: connections are accepted and end at once. */
  cut(isCut: boolean): void {
    this.#isCut = isCut
    if (isCut) for (const socket of this.#sockets) socket.destroy()
  }

  #serve(client: Socket): void {
    if (this.#isCut) {
      client.destroy()
      return
    }
    const broker = connect({ host: '127.0.0.1', port: this.#targetPort, noDelay: true })
    for (const socket of [client, broker]) {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
      socket.on('error', () => {})
    }
    const wire = new Wire(client, broker, this.#rules)
    client.on('data', piece => wire.fromClient(piece))
    broker.on('data', piece => wire.fromBroker(piece))
    broker.on('close', () => client.destroy())
    client.on('close', () => wire.clientGone())
  }
}

/** One connection. */
class Wire {
  readonly #client: Socket
  readonly #broker: Socket
  readonly #rules: WireRules
  readonly #requests = new FrameCutter()
  readonly #answers = new FrameCutter()
  /** Answers to be treated, by correlation id. */
  readonly #marked = new Map<number, WireRule>()
  /** Requests held back. */
  #held = 0
  #isClientGone = false

  constructor(client: Socket, broker: Socket, rules: WireRules) {
    this.#client = client
    this.#broker = broker
    this.#rules = rules
  }

  fromClient(piece: Buffer): void {
    for (const frame of this.#requests.push(piece)) {
      const { apiKey, correlationId, clientId } = requestHead(frame)
      const rule = this.#rules.take(apiKey, clientId)
      if (rule === null) this.#toBroker(frame)
      else if (rule.side === 'answer') {
        this.#marked.set(correlationId, rule)
        this.#toBroker(frame)
      } else if (rule.delayMs !== null) this.#hold(frame, rule.delayMs)
    }
  }

  fromBroker(piece: Buffer): void {
    for (const frame of this.#answers.push(piece)) {
      const rule = this.#marked.get(responseCorrelationId(frame))
      if (rule === undefined) this.#toClient(frame)
      else {
        this.#marked.delete(responseCorrelationId(frame))
        if (rule.delayMs !== null) systemClock.after(rule.delayMs, () => this.#toClient(frame))
      }
    }
  }

  clientGone(): void {
    this.#isClientGone = true
    if (this.#held === 0) this.#broker.destroy()
  }

  #hold(frame: Buffer, delayMs: number): void {
    this.#held++
    systemClock.after(delayMs, () => {
      this.#held--
      this.#toBroker(frame)
      // Long enough for the broker to read it before the connection goes.
      if (this.#isClientGone && this.#held === 0) {
        systemClock.after(1000, () => this.#broker.destroy())
      }
    })
  }

  #toBroker(frame: Buffer): void {
    if (this.#broker.writable) this.#broker.write(frame)
  }

  #toClient(frame: Buffer): void {
    if (this.#client.writable) this.#client.write(frame)
  }
}
