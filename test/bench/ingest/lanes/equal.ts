// The equal lane: what the comparison programs do and no more (HMAC over the raw body, JSON, its bytes as
// the record, 200 after all in-sync replicas have it), on the ingester's processes and Kafka appender.
//
//   SECRET=… BENCH_PORT=… BENCH_TOPIC=… FLEET_INGEST_WORKERS=2 equal.ts

import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'

import { platformSettings } from '@fleet/config'
import { partitionOf } from '@fleet/contracts'
import { connectKafka } from '@fleet/kafka'
import type { Appender } from '@fleet/kafka'
import { runService, systemClock } from '@fleet/runtime'
import { equalBytes, hmac } from '@fleet/signatures'
import { silentLogger } from '@fleet/telemetry'

import { startProcesses } from '../../../../services/ingester/src/workers/start-processes.ts'

const settings = platformSettings()
const secret = Buffer.from(process.env['SECRET'] ?? '')
const topic = process.env['BENCH_TOPIC'] ?? ''
const signatureLength = 64

function isSigned(body: Buffer, signature: string | string[] | undefined): boolean {
  if (typeof signature !== 'string' || signature.length !== signatureLength) return false
  return equalBytes(hmac('sha256', secret, body), Buffer.from(signature, 'hex'))
}

async function statusOf(request: IncomingMessage, body: Buffer, log: Appender): Promise<number> {
  if (!isSigned(body, request.headers['x-signature'])) return 401
  let event: { resource_id?: unknown; event_id?: unknown }
  try {
    event = JSON.parse(body.toString()) as typeof event
  } catch {
    return 400
  }
  const { resource_id: key, event_id: eventId } = event
  if (typeof key !== 'string' || typeof eventId !== 'string') return 400
  try {
    await log.append({ topic, partition: partitionOf(key, settings.partitions), key, value: body })
    return 200
  } catch {
    return 503
  }
}

function serve(request: IncomingMessage, response: ServerResponse, log: Appender): void {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const [only] = chunks
    const body = only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks)
    void statusOf(request, body, log).then(status => {
      response.writeHead(status, { 'content-length': 0 })
      response.end()
    })
  })
}

await runService('equal', async scope => {
  const processes = {
    count: settings.ingestWorkers,
    logger: silentLogger,
    clock: systemClock,
  }
  await startProcesses(scope, processes, async own => {
    const kafka = connectKafka({ brokers: settings.kafkaBrokers, clientId: 'bench-equal' })
    const log = await kafka.openAppender()
    own.onClose('kafka', () => log.close())
    const server = createServer((request, response) => serve(request, response, log))
    const port = Number(process.env['BENCH_PORT'])
    await new Promise<void>(resolve => void server.listen(port, '127.0.0.1', resolve))
    own.onClose('http', () => {
      server.close()
      server.closeAllConnections()
    })
  })
})
