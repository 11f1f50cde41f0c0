// How answers leave: JSON with its length, problems from their table, and an end of the connection that
// does not take the answer away from a sender who is still sending.

import { STATUS_CODES } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '@fleet/runtime'
import { problemContentType, problemOf } from '../core/problem.ts'
import type { ProblemCode } from '../core/problem.ts'

export interface Answer {
  readonly status: number
  readonly contentType: string
  readonly body: string
  readonly headers?: Record<string, string>
}

export function problemAnswer(code: ProblemCode, headers: Record<string, string> = {}): Answer {
  const problem = problemOf(code)
  return {
    status: problem.status,
    contentType: problemContentType,
    body: JSON.stringify(problem),
    headers,
  }
}

/** Senders wait at least this long before the next attempt; most have a longer first step. */
export const unavailableRetryAfterSeconds = 5

export function unavailableAnswer(): Answer {
  return problemAnswer('unavailable', { 'retry-after': String(unavailableRetryAfterSeconds) })
}

export function jsonAnswer(status: number, body: unknown): Answer {
  return { status, contentType: 'application/json', body: JSON.stringify(body) }
}

/** @param deliveryId a UUID, which needs no escapes: this is the answer to nearly every request. */
export function acceptedAnswer(deliveryId: string, records: number): Answer {
  const body = `{"status":"accepted","delivery_id":"${deliveryId}","records":${records}}`
  return { status: 200, contentType: 'application/json', body }
}

export function send(response: ServerResponse, answer: Answer): void {
  response.writeHead(answer.status, headersOf(answer))
  response.end(answer.body)
}

/**
 * How long, and how much, a sender may go on sending after its answer. Many read nothing before all is sent,
 * so it is as long as a request may take; a request's own time limit may end it sooner.
 */
const lingerMsMax = 15_000
const lingerBytesMax = 8 * 1024 * 1024

/**
 * Answers before the whole request was read, and ends the connection. Closing a socket with unread bytes
 * resets it, which destroys the answer on its way; so only our side of it ends now, and what still comes is
 * thrown away for a while.
 */
export function sendAndClose(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
  clock: Pick<Clock, 'after'>,
): void {
  response.shouldKeepAlive = false
  response.writeHead(answer.status, { ...headersOf(answer), connection: 'close' })
  // Written when answers to earlier requests of the connection are; not before may its side end.
  response.write(answer.body, () => request.socket.end())
  let bytes = 0
  const end = (): void => {
    cancel()
    response.end()
  }
  const cancel = clock.after(lingerMsMax, end)
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > lingerBytesMax) end()
  })
  request.on('end', end).on('close', cancel).on('error', cancel)
  if (request.complete && request.readableEnded) end()
  else request.resume()
}

/** The same answer as bytes, for a connection whose request could not be read. */
export function rawAnswer(answer: Answer): string {
  const headers = { ...headersOf(answer), connection: 'close' }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? 'Error'}\r\n${lines.join('')}\r\n${answer.body}`
}

function headersOf({ contentType, body, headers = {} }: Answer): Record<string, string> {
  const length = String(Buffer.byteLength(body))
  return { 'content-type': contentType, 'content-length': length, ...headers }
}
