// The end of the process: what was accepted is answered, what comes later is turned away.

import assert from 'node:assert/strict'
import { Agent, request } from 'node:http'
import { after, test } from 'node:test'
import {
  closeEdges,
  eventually,
  levy,
  levyBody,
  openEdge,
  postLevy,
  secrets,
  signed,
} from '../edge-harness.ts'
import type { Edge } from '../edge-harness.ts'

after(closeEdges)

function heldAppends() {
  const held: (() => void)[] = []
  const append = (): Promise<{ offset: number }> =>
    new Promise(resolve => {
      held.push(() => resolve({ offset: 0 }))
    })
  return { held, append }
}

test('requests under way are answered 200 before Kafka is closed, and nothing is accepted after', async () => {
  const { held, append } = heldAppends()
  const edge = await openEdge({ append })
  const answers = [postLevy(edge, levyBody('e-1')), postLevy(edge, levyBody('e-2'))]
  await eventually(() => held.length === 2)
  const closing = edge.scope.close()
  await eventually(async () =>
    fetch(`${edge.base}/health`).then(
      () => false,
      () => true,
    ),
  )
  assert.equal(edge.log.control.closed, false)
  for (const acknowledge of held) acknowledge()
  for (const answer of await Promise.all(answers)) {
    assert.equal(answer.status, 200)
    assert.equal(answer.headers.get('connection'), 'close')
  }
  await closing
  assert.equal(edge.log.control.closed, true)
})

function over(
  agent: Agent,
  edge: Edge,
  path: string,
  body = '',
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const method = body === '' ? 'GET' : 'POST'
    const headers = body === '' ? {} : signed(levy, body, secrets.levy)
    const sent = request(`${edge.base}${path}`, { agent, method, headers }, response => {
      let text = ''
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString()
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

test('once stopping, readiness is false and a delivery on an open connection is 503', async () => {
  const edge = await openEdge()
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  assert.equal((await over(agent, edge, '/v1/hooks/levy', levyBody('e-1'))).status, 200)
  edge.scope.stop()
  const ready = await over(agent, edge, '/ready')
  assert.equal(ready.status, 503)
  assert.match(ready.text, /"process":"stopping"/)
  assert.equal((await over(agent, edge, '/v1/hooks/levy', levyBody('e-2'))).status, 503)
  assert.equal(edge.log.records().length, 1)
  agent.destroy()
})

test('what never ends is cut off at the limit', async () => {
  const edge = await openEdge({ append: () => new Promise(() => {}), limits: { drainMsMax: 100 } })
  const lost = assert.rejects(postLevy(edge, levyBody('e-1')))
  await eventually(() => edge.log.records().length === 1)
  await edge.scope.close()
  await lost
})
