import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLogger, silentLogger } from '../src/index.ts'

function lines(level: string, write: (logger: ReturnType<typeof createLogger>) => void): string[] {
  const out: string[] = []
  write(createLogger('test', { level, destination: { write: line => out.push(line) } }))
  return out
}

test('a line is JSON with service, level by name and time', () => {
  const [line = ''] = lines('info', logger => logger.info({ n: 1 }, 'thing.done'))
  const { time, ...rest } = JSON.parse(line) as Record<string, unknown>
  assert.deepEqual(rest, { level: 'info', service: 'test', n: 1, msg: 'thing.done' })
  assert.match(String(time), /^\d{4}-\d\d-\d\dT.*Z$/)
})

test('below the level nothing is written', () => {
  assert.deepEqual(
    lines('warn', logger => logger.info('x')),
    [],
  )
  assert.equal(silentLogger.isLevelEnabled('fatal'), false)
})

test('what opens a door is censored, at the top and one level down', () => {
  const [line = ''] = lines('info', logger =>
    logger.info({ secret: 'hunter2', request: { headers: { a: 'hunter2' }, body: 'hunter2' } }),
  )
  assert.ok(!line.includes('hunter2'))
  assert.ok(line.includes('[redacted]'))
})
