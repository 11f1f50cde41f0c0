// What the runner starts for our two lanes: command lines, and the settings of an ingester as it would
// have them in production, on the benchmark's Kafka.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { topics } from '@fleet/contracts'

import { buildPrograms, nodeArguments } from '../../../infra/local/programs.ts'
import { ingesterNodeOptions } from '../../../infra/local/service-plans.ts'
import { repositoryRoot } from '../../../infra/local/settings.ts'
import type { BenchKafka } from '../process/bench-kafka.ts'
import { provenanceKeysText } from '../process/load.ts'

export const laneNames = ['full', 'equal'] as const
export type LaneName = (typeof laneNames)[number]

/** Built from the present sources, as `make up` starts an ingester. */
const programs = await buildPrograms({
  full: join(repositoryRoot, 'services/ingester/src/main.ts'),
  equal: join(repositoryRoot, 'test/bench/ingest/lanes/equal.ts'),
})

const endpointId = 'bench'
const signatureHeader = 'x-signature'
const secret = 'bench-secret-0123456789'

/** As the runner's options for a program of one's own; `{port}` and `{topic}` are filled in by it. */
export function laneArguments(lane: LaneName, nodeOptions: readonly string[]): string[] {
  const options = [...ingesterNodeOptions, ...nodeOptions, ...nodeArguments(programs[lane])]
  const variables =
    lane === 'full' ? 'FLEET_INGEST_PORT={port}' : 'BENCH_PORT={port} BENCH_TOPIC={topic}'
  const command = `${variables} exec ${process.execPath} ${options.join(' ')}`
  const path = lane === 'full' ? `/v1/hooks/${endpointId}` : '/hooks'
  const url = `http://127.0.0.1:{port}${path}`
  const counted = lane === 'full' ? ['--count-topic', topics.raw.name] : []
  const known = ['--signature-header', signatureHeader, '--secret', secret]
  return ['--extra-ingest', lane, '--command', command, '--url', url, ...known, ...counted]
}

/** The events name no resource type; their own type stands in, so that they are identified. */
const endpoint = {
  id: endpointId,
  tenant_id: 'demo',
  source: 'levy',
  adapter: 'generic',
  secrets: [{ id: 'k1', ref: 'file:bench.k1' }],
  paths: { resource_type: '$.event_type' },
  signature: {
    header: signatureHeader,
    algorithm: 'hmac-sha256',
    encoding: 'hex',
    prefix: '',
    signed_content: '{body}',
  },
}

/** Writes secrets, keys and endpoints into the benchmark's folder. */
export function ingesterEnvironment(
  { brokers, dataDir, pid }: BenchKafka,
  registryUrl: string,
  partitions: number,
): Record<string, string> {
  const secrets = join(dataDir, 'secrets')
  const keysFile = join(secrets, 'provenance.json')
  const endpointsFile = join(dataDir, 'endpoints.json')
  mkdirSync(secrets, { recursive: true })
  writeFileSync(keysFile, provenanceKeysText)
  writeFileSync(join(secrets, `${endpointId}.k1`), secret)
  writeFileSync(endpointsFile, JSON.stringify({ version: 1, endpoints: [endpoint] }))
  return {
    KAFKA_BROKERS: brokers,
    ...(pid === null ? {} : { BROKER_PID: String(pid) }),
    FLEET_DATA_DIR: dataDir,
    FLEET_KAFKA_BROKERS: brokers,
    FLEET_REGISTRY_URL: registryUrl,
    FLEET_PROVENANCE_KEYS_FILE: keysFile,
    FLEET_ENDPOINTS_FILE: endpointsFile,
    FLEET_PARTITIONS: String(partitions),
    FLEET_LOG_LEVEL: process.env['FLEET_LOG_LEVEL'] ?? 'warn',
    // All 64 connections come from one address.
    FLEET_INGEST_ADDRESS_PER_SECOND: '1000000',
  }
}
