// A lost connection ends the round at once, however long its replays would go on, and closes what it had.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { platformSettings } from '@fleet/config'
import type { ControlPlane } from '@fleet/control'
import type { Reader } from '@fleet/kafka'
import { FleetError } from '@fleet/runtime'
import { createMetrics, silentLogger } from '@fleet/telemetry'
import { Pipeline, replayAll } from '../../../../../packages/dlq/test/pipeline.ts'
import { openDeadLetters } from '../../../src/shell/dead-letters/open-dead-letters.ts'
import { openAdminApi } from '../admin/admin-harness.ts'

const pipeline = await Pipeline.open()
await pipeline.start(['processor'])
for (const body of ['one', 'two', 'three']) await pipeline.deliver(body)
await pipeline.until(() => pipeline.letters('processor').length === 3, 'three letters')
const api = await openAdminApi()
after(async () => {
  await pipeline.stop()
  await api.close()
})

async function openBeside(plane: ControlPlane) {
  let lose = (): void => {}
  const lost = new Promise<never>((_resolve, reject) => {
    lose = () => reject(new FleetError('READER_BROKEN', 'fatal', 'lost'))
  })
  lost.catch(() => {})
  const state = { isHanging: false, hasHung: false, isClosed: false }
  const whole = await pipeline.broker.openReader()
  /** What follows all partitions can be lost; what reads one of them then waits until it is woken. */
  const open: Reader['open'] = positions => {
    const stream = whole.open(positions)
    let wake = (): void => {}
    const woken = new Promise<void>(resolve => {
      wake = resolve
    })
    return {
      take: async (max, waitMs) => {
        if (positions.length > 1) return Promise.race([stream.take(max, waitMs), lost])
        if (!state.isHanging) return stream.take(max, waitMs)
        state.hasHung = true
        await woken
        return { records: [], positions: [] }
      },
      ahead: () => stream.ahead(),
      wake: () => {
        wake()
        stream.wake()
      },
      lag: () => stream.lag(),
      close: () => stream.close(),
    }
  }
  const connect = async () => {
    const close = (): Promise<void> => {
      state.isClosed = true
      return whole.close()
    }
    const reader: Reader = { ...whole, open, problem: () => null, failed: whole.failed, close }
    const admin = await pipeline.broker.openAdmin()
    return { codec: pipeline.codec, admin, reader, appender: pipeline.appender }
  }
  const stop = new AbortController()
  const closers: (() => Promise<void> | void)[] = []
  const scope = {
    onClose: (_name: string, close: () => Promise<void> | void) => void closers.push(close),
    fail: () => {},
    stopping: stop.signal,
  }
  const metrics = createMetrics('api')
  const options = { settings: platformSettings({}), plane, metrics, logger: silentLogger, scope }
  const desk = openDeadLetters(options, connect)
  const close = async (): Promise<void> => {
    stop.abort()
    for (const each of closers) await each()
  }
  return { desk, metrics, lose, state, close }
}

test('a lost connection ends the round, with a replay under way, and no old figures are shown', async () => {
  const round = await openBeside(api.plane)
  await pipeline.until(() => round.desk() !== null, 'the desk is open')
  const desk = round.desk()
  round.state.isHanging = true
  assert.ok((await desk?.start({ ...replayAll, by: 'api:someone' })) !== null)
  await pipeline.until(() => round.state.hasHung, 'the replay is under way')
  round.lose()
  await pipeline.until(() => round.state.isClosed, 'the connection is closed')
  assert.equal(round.desk(), null)
  assert.doesNotMatch(await round.metrics.text(), /^fleet_dead_letters_open\{/m)
  await round.close()
})
