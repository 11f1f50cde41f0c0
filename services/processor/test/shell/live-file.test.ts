import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'

import { systemClock } from '@fleet/runtime'
import { silentLogger } from '@fleet/telemetry'

import { endpointsById } from '../../src/shell/endpoints-by-id.ts'
import { openLiveFile } from '../../src/shell/live-file.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'live-file-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** A clock whose time passes at once, when asked for. */
class SteppedClock {
  #waiting: (() => void)[] = []

  after(_ms: number, callback: () => void): () => void {
    this.#waiting.push(callback)
    return () => {
      this.#waiting = this.#waiting.filter(each => each !== callback)
    }
  }

  step(): void {
    for (const callback of this.#waiting.splice(0)) callback()
  }
}

function optionsFor(path: string, clock: SteppedClock) {
  return { title: 'numbers', path, clock, logger: silentLogger }
}

function parseNumber(text: string): number {
  const number = Number(text)
  if (Number.isNaN(number)) throw new Error('not a number')
  return number
}

async function until(holds: () => boolean, clock: SteppedClock): Promise<void> {
  const deadline = systemClock.elapsedMs() + 5000
  while (!holds()) {
    if (systemClock.elapsedMs() > deadline) throw new Error('waited 5 s in vain')
    clock.step()
    await systemClock.sleep(5)
  }
}

test('a change is picked up; a bad file keeps the last good content', async () => {
  const path = join(folder, 'number')
  await writeFile(path, '1')
  const clock = new SteppedClock()
  let refused = 0
  const file = openLiveFile(
    text => {
      if (text === 'x') refused++
      return parseNumber(text)
    },
    optionsFor(path, clock),
  )
  assert.equal(file.current(), 1)
  await writeFile(path, 'x')
  await until(() => refused > 0, clock)
  assert.equal(file.current(), 1)
  await writeFile(path, '2')
  await until(() => file.current() === 2, clock)
  file.close()
})

test('without a good first reading the process does not start', async () => {
  const path = join(folder, 'number')
  const clock = new SteppedClock()
  const wrong = { code: 'CONFIG', fate: 'fatal' }
  assert.throws(() => openLiveFile(parseNumber, optionsFor(path, clock)), wrong)
  await writeFile(path, 'x')
  assert.throws(() => openLiveFile(parseNumber, optionsFor(path, clock)), {
    ...wrong,
    message: "can't read the numbers: not a number",
  })
})

test('endpoints are found by id; a bad file names its problems', () => {
  assert.equal(endpointsById('{"version":1,"endpoints":[]}', 'development').size, 0)
  assert.throws(() => endpointsById('{', 'development'), { code: 'ENDPOINTS_INVALID' })
})
