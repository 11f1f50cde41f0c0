// Refusals that are answered while the request is still arriving: the answer must reach a sender that goes
// on sending, slowly and for long, before it reads.

import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, test } from 'node:test'
import { systemClock } from '@fleet/runtime'
import { closeEdges, eventually, levy, levyBody, openEdge, postLevy } from '../edge-harness.ts'
import type { Edge } from '../edge-harness.ts'

after(closeEdges)

const piece = Buffer.alloc(1000, 'x')

/** Sends a head and then pieces of a body, and looks at what came only afterwards. */
async function sendSlowly(
  { port }: Pick<Edge, 'port'>,
  headers: string,
  pieces: number,
  wrap: (data: Buffer) => Buffer = data => data,
): Promise<{ answer: string; problem: string | null }> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
  let problem: string | null = null
  let isClosed = false
  socket.on('error', (error: NodeJS.ErrnoException) => (problem = error.code ?? error.message))
  socket.on('close', () => (isClosed = true))
  socket.write(`POST /v1/hooks/levy HTTP/1.1\r\nHost: a\r\n${headers}\r\n\r\n`)
  for (let sent = 0; sent < pieces && problem === null; sent++) {
    await systemClock.sleep(60)
    await new Promise(written => socket.write(wrap(piece), written))
  }
  let answer = ''
  socket.setEncoding('latin1').on('data', (text: string) => (answer += text))
  await eventually(() => /\r\n\r\n\{.*\}/.test(answer) || isClosed)
  socket.destroy()
  return { answer, problem }
}

const chunk = (data: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`${data.length.toString(16)}\r\n`), data, Buffer.from('\r\n')])
const statusOf = (answer: string): number => Number(answer.slice(9, 12))

test('413 of an announced length reaches who sends on for longer than a second', async () => {
  const edge = await openEdge({ endpoints: [levy], env: { FLEET_BODY_MAX_BYTES: '2000' } })
  const { answer, problem } = await sendSlowly(edge, 'Content-Length: 500000', 25)
  assert.equal(problem, null)
  assert.equal(statusOf(answer), 413)
  assert.match(answer, /connection: close/i)
})

test('413 of a body that turned out too large reaches who sends on', async () => {
  const edge = await openEdge({ endpoints: [levy], env: { FLEET_BODY_MAX_BYTES: '2000' } })
  const { answer, problem } = await sendSlowly(edge, 'Transfer-Encoding: chunked', 6, chunk)
  assert.equal(problem, null)
  assert.equal(statusOf(answer), 413)
})

for (const [name, headers, wrap] of [
  ['an announced length', 'Content-Length: 100000', (data: Buffer) => data],
  ['chunks', 'Transfer-Encoding: chunked', chunk],
] as const) {
  test(`503 beyond what may wait reaches who sends on, with ${name}`, async () => {
    let store = (): void => {}
    const edge = await openEdge({
      endpoints: [levy],
      env: { FLEET_INGEST_WAITING: '1' },
      append: () =>
        new Promise(resolve => {
          store = () => resolve({ offset: 0 })
        }),
    })
    const first = postLevy(edge, levyBody('e-1'))
    await eventually(() => edge.log.records().length === 1)
    const { answer, problem } = await sendSlowly(edge, headers, 6, wrap)
    assert.equal(problem, null)
    assert.equal(statusOf(answer), 503)
    store()
    assert.equal((await first).status, 200)
  })
}

test('503 of an edge that is ending reaches who sends on', async () => {
  const edge = await openEdge({ endpoints: [levy] })
  edge.scope.stop()
  const { answer, problem } = await sendSlowly(edge, 'Content-Length: 100000', 6)
  assert.equal(problem, null)
  assert.equal(statusOf(answer), 503)
})

test('415 and 429 are said when the body is there, so that nothing is left to send', async () => {
  const edge = await openEdge({ endpoints: [levy], env: { FLEET_INGEST_ADDRESS_PER_SECOND: '1' } })
  const encoded = await sendSlowly(edge, 'Content-Encoding: gzip\r\nContent-Length: 6000', 6)
  assert.equal(statusOf(encoded.answer), 415)
  const limited: number[] = []
  for (let i = 0; i < 4; i++) {
    limited.push(statusOf((await sendSlowly(edge, 'Content-Length: 1000', 1)).answer))
  }
  assert.equal(limited.at(-1), 429)
})
