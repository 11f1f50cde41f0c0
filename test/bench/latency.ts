// make bench-latency: from the first byte of a signed request to the record in the handler of a
// committed-isolation consumer in another process, at a fixed rate, with all services of `make up`
// running. Both processes read the same monotonic clock.

import { fork } from 'node:child_process'
import { createHmac, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import { platformSettings } from '@fleet/config'

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '1000' },
    rate: { type: 'string', default: '50' },
    // Forty seconds: fresh brokers and services answer many times slower in their tail before that.
    'warm-up': { type: 'string', default: '2000' },
  },
})
const events = Number(values.events)
const rate = Number(values.rate)
const warmUp = Number(values['warm-up'])
/** An event that is not there after this is lost. */
const lostAfterMs = 30_000

const settings = platformSettings()
const secret = readFileSync(join(settings.dataDir, 'secrets', 'levy-demo.k1'), 'utf8').trimEnd()
const agent = new Agent({ keepAlive: true, maxSockets: 16 })
const run = randomUUID().slice(0, 8)
const sentNanos = new Map<string, bigint>()
const arrivedMs = new Map<string, number>()
const refused: number[] = []

function send(id: string): Promise<void> {
  const body = JSON.stringify({
    event_id: id,
    event_type: 'reservation.updated',
    occurred_at: new Date().toISOString(),
    resource_type: 'reservation',
    resource_id: `bench-${run}-${id.slice(-3)}`,
    data: { customer_id: 'C-1', vehicle_id: 'V-1', status: 'confirmed' },
  })
  const signature = createHmac('sha256', secret).update(body).digest('hex')
  return new Promise((resolve, reject) => {
    const call = request(
      {
        host: '127.0.0.1',
        port: settings.ingestPort,
        path: '/v1/hooks/levy-demo',
        method: 'POST',
        agent,
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          'x-levy-signature': `sha256=${signature}`,
        },
      },
      response => {
        if (response.statusCode !== 200) refused.push(response.statusCode ?? 0)
        response.resume().on('end', resolve)
      },
    )
    call.on('error', reject)
    sentNanos.set(id, process.hrtime.bigint())
    call.end(body)
  })
}

async function sendAtRate(count: number, label: string): Promise<void> {
  const started = performance.now()
  const pending: Promise<void>[] = []
  for (let n = 0; n < count; n++) {
    const dueMs = started + (n * 1000) / rate
    const waitMs = dueMs - performance.now()
    if (waitMs > 0) await new Promise(resolve => setTimeout(resolve, waitMs))
    pending.push(send(`${run}-${label}-${String(n).padStart(5, '0')}`))
  }
  await Promise.all(pending)
}

function quantile(ascending: readonly number[], q: number): number {
  const at = Math.min(ascending.length - 1, Math.ceil(q * ascending.length) - 1)
  return Math.round((ascending[Math.max(0, at)] ?? Number.NaN) * 100) / 100
}

const consumer = fork(fileURLToPath(new URL('latency-consumer.ts', import.meta.url)), {
  execArgv: process.execArgv,
})
try {
  await new Promise<void>((resolve, reject) => {
    consumer.on('exit', code =>
      reject(new Error(`the consumer ended (${code}); is make up running?`)),
    )
    consumer.on('message', (message: { ready?: true; id?: string; nanos?: string }) => {
      if (message.ready === true) return resolve()
      const { id, nanos } = message
      const sent = id === undefined ? undefined : sentNanos.get(id)
      if (id === undefined || nanos === undefined || sent === undefined) return
      if (!arrivedMs.has(id)) arrivedMs.set(id, Number(BigInt(nanos) - sent) / 1e6)
    })
  })
  process.stdout.write(`${cpus().length} × ${cpus()[0]?.model.trim()}, Node ${process.version}\n`)
  process.stdout.write(`warming up with ${warmUp} events, then ${events} at ${rate}/s\n`)
  await sendAtRate(warmUp, 'warm')
  await sendAtRate(events, 'run')
  const wanted = warmUp + events
  const end = performance.now() + lostAfterMs
  while (arrivedMs.size < wanted && performance.now() < end) {
    await new Promise(resolve => setTimeout(resolve, 50))
  }
} finally {
  consumer.removeAllListeners('exit')
  if (consumer.connected) consumer.disconnect()
  agent.destroy()
}
const measured = [...arrivedMs]
  .filter(([id]) => id.includes('-run-'))
  .map(([, ms]) => ms)
  .toSorted((a, b) => a - b)
const result = {
  name: 'latency',
  events,
  rate,
  p50_ms: quantile(measured, 0.5),
  p95_ms: quantile(measured, 0.95),
  p99_ms: quantile(measured, 0.99),
  max_ms: quantile(measured, 1),
  lost: events - measured.length,
}
if (refused.length > 0) process.stdout.write(`refused: ${refused.length} (${refused[0]})\n`)
process.stdout.write(`RESULT ${JSON.stringify(result)}\n`)
process.exitCode = result.lost === 0 ? 0 : 1
