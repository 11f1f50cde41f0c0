// The platform's settings as programs use them: absolute paths, addresses filled in from ports, and the
// rules that hold between settings.

import { resolve } from 'node:path'
import { apiProblems, apiSettings } from './api-settings.ts'
import type { ApiSettings } from './api-settings.ts'
import { healthPorts } from './health-ports.ts'
import type { HealthPorts } from './health-ports.ts'
import { ingestProblems, ingestSettings } from './ingest-settings.ts'
import type { IngestSettings } from './ingest-settings.ts'
import { kafkaSecurityOf, kafkaSecurityProblems } from './kafka-security.ts'
import type { KafkaSecurity } from './kafka-security.ts'
import { platformSpec } from './platform-spec.ts'
import type { LogLevel, Mode } from './platform-spec.ts'
import { readSettings, settingsError } from './settings.ts'
import type { Environment, Settings } from './settings.ts'

export interface PlatformSettings {
  readonly mode: Mode
  readonly environment: string
  /** Absolute, as every path here. */
  readonly dataDir: string
  readonly host: string
  readonly kafkaBrokers: readonly string[]
  readonly kafkaPort: number
  readonly kafkaSecurity: KafkaSecurity
  readonly registryUrl: string
  readonly registryPort: number
  readonly redisUrl: string
  readonly redisPort: number
  readonly ingestPort: number
  readonly apiPort: number
  readonly partitions: number
  readonly endpointsFile: string
  readonly automationPoliciesFile: string
  readonly controlPlane: 'off' | 'on'
  readonly controlKeyRef: string
  readonly cliKeyRef: string
  readonly apiKeyRotateDays: number
  readonly provenanceKeysFile: string
  readonly dedupeWindowHours: number
  readonly maxSkewSeconds: number
  readonly stateHorizonDays: number
  readonly crmTaxonomyFile: string
  readonly crmUnresolvedMax: number
  readonly seenIdsMax: number
  readonly processorThreads: number
  readonly latencyTargetMs: number
  readonly bodyMaxBytes: number
  readonly ingestDeadlineMs: number
  readonly ingestWorkers: number
  readonly ingestAddressPerSecond: number
  readonly ingest: IngestSettings
  readonly api: ApiSettings
  readonly healthPorts: HealthPorts
  readonly logLevel: LogLevel
  readonly ledgerChartsFile: string
  readonly ledgerMemoryDays: number
  readonly tickSeconds: number
  readonly detectorsFile: string
}

const partitionsByMode: Record<Mode, number> = { development: 6, production: 12 }

/** What a program serves off loopback: TLS where there are files for it, as the ingester and the API. */
export type Listening = 'http' | 'https' | 'api' | 'nothing'

/** Relative paths are taken from the working directory, which is the repository root. */
export function platformSettings(
  env: Environment = process.env,
  listening: Listening = 'http',
): PlatformSettings {
  const read = readSettings(platformSpec, env)
  const dataDir = resolve(read.FLEET_DATA_DIR)
  const settings: PlatformSettings = {
    mode: read.FLEET_MODE,
    environment: read.FLEET_ENV,
    dataDir,
    host: read.FLEET_HOST,
    ...addresses(read),
    kafkaSecurity: kafkaSecurityOf(read),
    ingestPort: read.FLEET_INGEST_PORT,
    apiPort: read.FLEET_API_PORT,
    partitions: read.FLEET_PARTITIONS ?? partitionsByMode[read.FLEET_MODE],
    endpointsFile: resolve(read.FLEET_ENDPOINTS_FILE),
    automationPoliciesFile: resolve(read.FLEET_AUTOMATION_POLICIES_FILE),
    controlPlane: read.FLEET_CONTROL_PLANE,
    controlKeyRef: read.FLEET_CONTROL_KEY_REF,
    cliKeyRef: read.FLEET_CLI_KEY_REF,
    apiKeyRotateDays: read.FLEET_API_KEY_ROTATE_DAYS,
    provenanceKeysFile: resolve(
      read.FLEET_PROVENANCE_KEYS_FILE ?? resolve(dataDir, 'secrets', 'provenance.json'),
    ),
    dedupeWindowHours: read.FLEET_DEDUPE_WINDOW_HOURS,
    maxSkewSeconds: read.FLEET_MAX_SKEW_SECONDS,
    stateHorizonDays: read.FLEET_STATE_HORIZON_DAYS,
    crmTaxonomyFile: resolve(read.FLEET_CRM_TAXONOMY_FILE),
    crmUnresolvedMax: read.FLEET_CRM_UNRESOLVED_MAX,
    seenIdsMax: read.FLEET_SEEN_IDS_MAX,
    processorThreads: read.FLEET_PROCESSOR_THREADS,
    latencyTargetMs: read.FLEET_LATENCY_TARGET_MS,
    bodyMaxBytes: read.FLEET_BODY_MAX_BYTES,
    ingestDeadlineMs: read.FLEET_INGEST_DEADLINE_MS,
    ingestWorkers: read.FLEET_INGEST_WORKERS,
    ingestAddressPerSecond: read.FLEET_INGEST_ADDRESS_PER_SECOND,
    ingest: ingestSettings(read),
    api: apiSettings(read),
    healthPorts: healthPorts(read),
    logLevel: read.FLEET_LOG_LEVEL,
    ledgerChartsFile: resolve(read.FLEET_LEDGER_CHARTS_FILE),
    ledgerMemoryDays: read.FLEET_LEDGER_MEMORY_DAYS,
    tickSeconds: read.FLEET_TICK_SECONDS,
    detectorsFile: resolve(read.FLEET_DETECTORS_FILE),
  }
  const problems = [
    ...ingestProblems(read, settings.ingestDeadlineMs),
    ...apiProblems(read),
    ...kafkaSecurityProblems(read, settings.mode, areLocal(settings.kafkaBrokers)),
    ...productionProblems(settings, listening),
  ]
  if (problems.length > 0) throw settingsError(problems)
  return Object.freeze(settings)
}

type Read = Settings<typeof platformSpec>

type Addresses = Pick<
  PlatformSettings,
  'kafkaBrokers' | 'kafkaPort' | 'registryUrl' | 'registryPort' | 'redisUrl' | 'redisPort'
>

function addresses(read: Read): Addresses {
  const { FLEET_KAFKA_PORT, FLEET_REGISTRY_PORT, FLEET_REDIS_PORT } = read
  return {
    kafkaBrokers: Object.freeze(
      (read.FLEET_KAFKA_BROKERS ?? `127.0.0.1:${FLEET_KAFKA_PORT}`).split(','),
    ),
    kafkaPort: FLEET_KAFKA_PORT,
    registryUrl:
      read.FLEET_REGISTRY_URL ?? `http://127.0.0.1:${FLEET_REGISTRY_PORT}/apis/ccompat/v7`,
    registryPort: FLEET_REGISTRY_PORT,
    redisUrl: read.FLEET_REDIS_URL ?? `redis://127.0.0.1:${FLEET_REDIS_PORT}/0`,
    redisPort: FLEET_REDIS_PORT,
  }
}

const loopback = /^(?:127(?:\.\d{1,3}){3}|localhost|\[?::1\]?)$/

function productionProblems(settings: PlatformSettings, listening: Listening): string[] {
  const { mode, registryUrl } = settings
  if (mode !== 'production') return []
  const problems: string[] = []
  if (servesPlainHttp(settings, listening)) {
    const remedies = [
      'listen on loopback',
      'name the networks of the proxy that ends TLS in FLEET_TRUSTED_PROXIES',
      ...tlsRemedies[listening],
    ].join(', or ')
    problems.push(`FLEET_HOST is plain HTTP off loopback, refused in production; ${remedies}`)
  }
  const registry = new URL(registryUrl)
  if (registry.protocol === 'http:' && !loopback.test(registry.hostname)) {
    problems.push('FLEET_REGISTRY_URL is plain HTTP off loopback, refused in production; use https')
  }
  return problems
}

function areLocal(brokers: readonly string[]): boolean {
  return brokers.every(broker => loopback.test(broker.slice(0, broker.lastIndexOf(':'))))
}

const tlsRemedies: Record<Listening, readonly string[]> = {
  http: [],
  https: ['set FLEET_TLS_CERT_FILE and FLEET_TLS_KEY_FILE'],
  api: ['set FLEET_API_TLS_CERT_FILE and FLEET_API_TLS_KEY_FILE'],
  nothing: [],
}

function servesPlainHttp({ host, ingest, api }: PlatformSettings, listening: Listening): boolean {
  if (listening === 'nothing' || loopback.test(host) || ingest.trustedProxies.length > 0) {
    return false
  }
  if (listening === 'api') return api.tls === null
  return listening === 'http' || ingest.tls === null
}
