// HTTP by bare sockets, one request at a time on each: a client that costs little, so that the edge is what
// is measured. Every request ends with an answer, a cut connection or a deadline.

import { connect } from 'node:net'
import type { Socket } from 'node:net'

import { systemClock } from '@fleet/runtime'

export interface Answer {
  /** 0: no answer came; the connection failed, was cut or nothing came in time. */
  readonly status: number
  /** From when it was sent. */
  readonly ms: number
}

export interface PoolOptions {
  readonly port: number
  readonly connectionsMax: number
  readonly answerMsMax: number
  /** Requests of one connection, then it is closed. */
  readonly requestsMax?: number
}

const openersMax = 64
const headEnd = '\r\n\r\n'

/** How much of the text is one answer; null: it has not all come. */
export function answerIn(text: string): { status: number; length: number; isLast: boolean } | null {
  const head = text.indexOf(headEnd)
  if (head === -1) return null
  const lines = text.slice(0, head)
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(lines)?.[1] ?? Number.NaN)
  if (Number.isNaN(status)) return { status: 0, length: text.length, isLast: true }
  const bytes = Number(/\r\ncontent-length: *(\d+)/i.exec(lines)?.[1] ?? 0)
  const length = head + headEnd.length + bytes
  if (text.length < length) return null
  return { status, length, isLast: /\r\nconnection: *close/i.test(lines) }
}

class Connection {
  readonly #socket: Socket
  readonly #onEnd: (connection: Connection) => void
  #answered: ((status: number) => void) | null = null
  #text = ''
  requests = 0
  isOpen = true

  constructor(port: number, onEnd: (connection: Connection) => void) {
    this.#onEnd = onEnd
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true })
    this.#socket.setEncoding('latin1')
    this.#socket.on('data', (chunk: string) => this.#take(chunk))
    this.#socket.on('error', () => this.close())
    this.#socket.on('close', () => this.close())
  }

  send(request: Buffer, answered: (status: number) => void): void {
    this.requests += 1
    this.#answered = answered
    this.#socket.write(request)
  }

  close(): void {
    if (!this.isOpen) return
    this.isOpen = false
    this.#socket.destroy()
    this.#onEnd(this)
    this.#settle(0)
  }

  #take(chunk: string): void {
    this.#text += chunk
    const answer = answerIn(this.#text)
    if (answer === null) return
    this.#text = this.#text.slice(answer.length)
    if (!answer.isLast) return this.#settle(answer.status)
    // Before whoever waits could send on it again.
    this.isOpen = false
    this.#socket.destroy()
    this.#onEnd(this)
    this.#settle(answer.status)
  }

  #settle(status: number): void {
    const answered = this.#answered
    this.#answered = null
    answered?.(status)
  }
}

export class ConnectionPool {
  readonly #options: PoolOptions
  readonly #idle: Connection[] = []
  readonly #open = new Set<Connection>()

  constructor(options: PoolOptions) {
    this.#options = options
  }

  get open(): number {
    return this.#open.size
  }

  /** As many connections as may be, each of which had an answer: a new one may wait long to be taken. */
  async fill(request: () => Buffer): Promise<void> {
    const openers = Array.from({ length: openersMax }, async () => {
      while (this.#open.size < this.#options.connectionsMax)
        await this.#send(this.#connect(), request())
    })
    await Promise.all(openers)
  }

  /** Null: every connection waits for an answer. */
  send(request: Buffer): Promise<Answer> | null {
    const connection = this.#take()
    return connection === null ? null : this.#send(connection, request)
  }

  #send(connection: Connection, request: Buffer): Promise<Answer> {
    const sentMs = systemClock.elapsedMs()
    const { answerMsMax, requestsMax = Infinity } = this.#options
    return new Promise(resolve => {
      const cancel = systemClock.after(answerMsMax, () => connection.close())
      connection.send(request, status => {
        cancel()
        if (connection.isOpen && connection.requests >= requestsMax) connection.close()
        else if (connection.isOpen) this.#idle.push(connection)
        resolve({ status, ms: systemClock.elapsedMs() - sentMs })
      })
    })
  }

  close(): void {
    for (const connection of this.#open) connection.close()
  }

  #take(): Connection | null {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (idle.isOpen) return idle
    }
    return this.#open.size >= this.#options.connectionsMax ? null : this.#connect()
  }

  #connect(): Connection {
    const made = new Connection(this.#options.port, ended => this.#open.delete(ended))
    this.#open.add(made)
    return made
  }
}
