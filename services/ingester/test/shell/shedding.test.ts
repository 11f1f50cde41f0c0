// An edge whose own work is too slow: it refuses what comes late in a turn, counts it, and is well again
// with the load gone.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { systemClock } from '@fleet/runtime'
import { closeEdges, levy, levyBody, openEdge, postLevy } from '../edge-harness.ts'

after(closeEdges)

const deadlineMs = 30_000

/** Keeps the process busy, as work does. */
function spin(ms: number): void {
  const endMs = systemClock.elapsedMs() + ms
  while (systemClock.elapsedMs() < endMs);
}

test('what a turn that is too long comes to late is 503, and with the load gone all is taken', async () => {
  const edge = await openEdge({
    endpoints: [levy],
    env: { FLEET_INGEST_WORK_AGE_MS: '10' },
    append: () => {
      spin(15)
      return Promise.resolve({ offset: 0 })
    },
  })
  const endMs = systemClock.elapsedMs() + deadlineMs
  let refused: Response | null = null
  const sender = async (name: number): Promise<void> => {
    for (let i = 0; refused === null && systemClock.elapsedMs() < endMs; i++) {
      const response = await postLevy(edge, levyBody(`e-${name}-${i}`))
      if (response.status === 503) refused = response
      else assert.equal(response.status, 200)
      await response.text()
    }
  }
  await Promise.all(Array.from({ length: 8 }, (_, name) => sender(name)))
  const answer = refused as Response | null
  assert.equal(answer?.headers.get('retry-after'), '5')
  assert.notEqual(answer?.headers.get('connection'), 'close')
  assert.match(await edge.metrics.text(), /fleet_ingest_shed_total\{reason="turn"\} [1-9]/)
  assert.equal((await postLevy(edge, levyBody('e-last'))).status, 200)
})
