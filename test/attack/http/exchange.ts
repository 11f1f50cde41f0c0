// One connection to the edge, byte for byte: what is sent, what comes back, and how it ends. Every answer
// is held to what holds for all: no 5xx but 503, problems as documents, no stack trace.

import assert from 'node:assert/strict'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { Target } from './target-process.ts'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface Exchange {
  readonly answers: readonly Answer[]
  readonly statuses: readonly number[]
  /** `open`: the edge still held the connection when the waiting ended. */
  readonly end: 'closed' | 'reset' | 'open'
  readonly elapsedMs: number
}

export interface ExchangeOptions {
  /** Ends when so many answers are there, else when the edge closes. */
  readonly answers?: number
  readonly waitMsMax?: number
  /** Between two pieces. */
  readonly everyMs?: number
  /** Each piece is a request, sent when the one before has its answer. */
  readonly inTurn?: boolean
  readonly from?: string
  /** Says at once that nothing more comes. */
  readonly halfClose?: boolean
}

type Piece = string | Buffer

export async function exchange(
  { port }: Pick<Target, 'port'>,
  pieces: Piece | readonly Piece[],
  options: ExchangeOptions = {},
): Promise<Exchange> {
  const { answers: wanted = Infinity, waitMsMax = 3000, everyMs = 0 } = options
  const { from, halfClose, inTurn = false } = options
  const started = performance.now()
  const socket = await dial(port, from)
  let received = Buffer.alloc(0)
  let end: Exchange['end'] = 'open'
  const over = new Promise<void>(resolve => {
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      if (parseAnswers(received).length >= wanted) resolve()
    })
    socket.on('end', () => {
      end = 'closed'
      resolve()
    })
    socket.on('error', () => {
      if (end === 'open') end = 'reset'
      resolve()
    })
    socket.on('close', () => {
      if (end === 'open') end = 'closed'
      resolve()
    })
  })
  const late = new AbortController()
  const sending = (async () => {
    for (const [index, piece] of [pieces].flat().entries()) {
      if (!socket.writable) return
      socket.write(piece)
      if (everyMs > 0) await pause(everyMs)
      while (inTurn && socket.writable && parseAnswers(received).length <= index) await pause(1)
    }
    if (halfClose === true) socket.end()
  })()
  await Promise.race([over, pause(waitMsMax, undefined, { signal: late.signal }).catch(() => {})])
  late.abort()
  const elapsedMs = performance.now() - started
  socket.destroy()
  await sending
  const answers = parseAnswers(received)
  for (const answer of answers) checkAnswer(answer)
  return { answers, statuses: answers.map(({ status }) => status), end, elapsedMs }
}

/** A connection that stays; the caller ends it. Null when the edge refused it. */
export function dial(port: number, from?: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const local = from === undefined ? {} : { localAddress: from }
    const socket = connect({ port, host: '127.0.0.1', ...local }, () => {
      socket.off('error', reject)
      resolve(socket)
    })
    socket.once('error', reject)
  })
}

const headEnd = '\r\n\r\n'

function parseAnswers(bytes: Buffer): Answer[] {
  const answers: Answer[] = []
  let rest = bytes.toString('latin1')
  while (rest.includes(headEnd)) {
    const at = rest.indexOf(headEnd)
    const [first = '', ...lines] = rest.slice(0, at).split('\r\n')
    const headers = Object.fromEntries(
      lines.map(line => [
        line.slice(0, line.indexOf(':')).toLowerCase(),
        line.slice(line.indexOf(':') + 1).trim(),
      ]),
    )
    const length = Number(headers['content-length'] ?? 0)
    const body = rest.slice(at + headEnd.length, at + headEnd.length + length)
    if (body.length < length) break
    answers.push({ status: Number(first.split(' ')[1]), headers, body })
    rest = rest.slice(at + headEnd.length + length)
  }
  return answers
}

function checkAnswer({ status, headers, body }: Answer): void {
  assert.ok(status < 500 || status === 503, `answered ${status}`)
  assert.ok(!/\n\s+at |node:|node_modules/.test(body), 'an answer shows a stack trace')
  if (status < 400) return
  assert.equal(headers['content-type'], 'application/problem+json')
  const { status: stated, type } = JSON.parse(body) as { status: number; type: string }
  assert.equal(stated, status)
  assert.match(type, /^urn:fleet:problem:[a-z_]+$/)
  if (status === 429 || status === 503) assert.match(headers['retry-after'] ?? '', /^[1-9]\d*$/)
}
