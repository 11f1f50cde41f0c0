import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { watchFile } from '../src/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'fleet-watch-'))
after(() => rmSync(folder, { recursive: true }))

/** A clock whose one timer fires when the test says so. */
function handClock() {
  let pending: (() => void) | null = null
  return {
    after: (_ms: number, callback: () => void) => {
      pending = callback
      return () => {
        pending = null
      }
    },
    /** Fires and waits until the watch has looked and armed its next timer. */
    async tick(): Promise<void> {
      const fire = pending
      pending = null
      fire?.()
      while (fire !== null && pending === null) await new Promise(resolve => setImmediate(resolve))
    },
    get isIdle() {
      return pending === null
    },
  }
}

test('the content comes at once, then after every change and only then', async () => {
  const path = join(folder, 'a')
  writeFileSync(path, 'one')
  const clock = handClock()
  const seen: string[] = []
  const stop = watchFile(path, text => seen.push(text), { clock, everyMs: 1000 })
  assert.deepEqual(seen, ['one'])
  await clock.tick()
  assert.deepEqual(seen, ['one'])
  writeFileSync(path, 'two')
  // The same size and the same time of change: only the content tells.
  utimesSync(path, 1, 1)
  await clock.tick()
  writeFileSync(path, 'six')
  utimesSync(path, 1, 1)
  await clock.tick()
  assert.deepEqual(seen, ['one', 'two', 'six'])
  stop()
  assert.ok(clock.isIdle)
})

test('a file that is not there is told once and picked up when it comes', async () => {
  const path = join(folder, 'b')
  const clock = handClock()
  const seen: string[] = []
  const errors: unknown[] = []
  const onError = (error: unknown): unknown => errors.push(error)
  const stop = watchFile(path, text => seen.push(text), { clock, everyMs: 1000, onError })
  await clock.tick()
  await clock.tick()
  assert.equal(errors.length, 1)
  writeFileSync(path, 'here')
  await clock.tick()
  assert.deepEqual(seen, ['here'])
  rmSync(path)
  await clock.tick()
  assert.deepEqual(seen, ['here'])
  assert.equal(errors.length, 2)
  stop()
})

test('a callback that throws is told, and called again only with another content', async () => {
  const path = join(folder, 'c')
  writeFileSync(path, 'bad')
  const clock = handClock()
  const seen: string[] = []
  const errors: unknown[] = []
  const stop = watchFile(
    path,
    text => {
      seen.push(text)
      if (text === 'bad') throw new Error('refused')
    },
    { clock, everyMs: 1000, onError: error => errors.push(error) },
  )
  await clock.tick()
  writeFileSync(path, 'good')
  await clock.tick()
  assert.deepEqual(seen, ['bad', 'good'])
  assert.equal(errors.length, 1)
  stop()
})
