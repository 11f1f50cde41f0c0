// Every variable the platform reads, declared once: the typed settings, the messages, `.env.example` and
// docs/generated/config.md are made from this table. Defaults are those of development.

import { str } from 'envalid'
import { apiSpec } from './api-spec.ts'
import { healthSpec } from './health-ports.ts'
import { ingestSpec } from './ingest-spec.ts'
import { kafkaSpec } from './kafka-spec.ts'
import { ledgerSpec } from './ledger-spec.ts'
import { address, brokerList, environmentName, portNumber, text, whole } from './validators.ts'

const modes = ['development', 'production'] as const
export type Mode = (typeof modes)[number]

const switches = ['off', 'on'] as const
type Switch = (typeof switches)[number]

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

/** The raw record holds the whole body and must fit the broker's 1 MiB with key and headers. */
const bodyBytesMax = 900_000

export const platformSpec = {
  FLEET_MODE: str<Mode>({
    choices: modes,
    default: 'development',
    desc: 'production refuses plain HTTP off loopback and demo endpoints',
  }),
  FLEET_ENV: environmentName({
    default: 'local',
    desc: 'first part of consumer group ids and transactional ids',
  }),
  FLEET_DATA_DIR: text({
    default: './.fleet',
    desc: 'folder of Kafka, registry, Redis, pids, logs and secrets',
  }),
  FLEET_HOST: text({ default: '127.0.0.1', desc: 'address every server listens on' }),
  FLEET_KAFKA_BROKERS: brokerList({
    default: undefined,
    example: '127.0.0.1:9092',
    desc: 'Kafka brokers; without it loopback at FLEET_KAFKA_PORT',
  }),
  FLEET_KAFKA_PORT: portNumber({ default: 9092, desc: 'port of the local Kafka' }),
  ...kafkaSpec,
  FLEET_REGISTRY_URL: address(['http:', 'https:'])({
    default: undefined,
    example: 'http://127.0.0.1:8081/apis/ccompat/v7',
    desc: 'Confluent-compatible schema registry; without it loopback at FLEET_REGISTRY_PORT',
  }),
  FLEET_REGISTRY_PORT: portNumber({ default: 8081, desc: 'port of the local registry' }),
  FLEET_REDIS_URL: address(['redis:', 'rediss:'])({
    default: undefined,
    example: 'redis://127.0.0.1:6390/0',
    desc: 'Redis of the read view; without it loopback at FLEET_REDIS_PORT',
  }),
  FLEET_REDIS_PORT: portNumber({
    default: 6390,
    desc: "port of the local Redis, not the system's",
  }),
  FLEET_INGEST_PORT: portNumber({ default: 8080, desc: 'port of the ingester' }),
  FLEET_API_PORT: portNumber({ default: 8090, desc: 'port of the read API' }),
  ...healthSpec,
  FLEET_PARTITIONS: whole(
    1,
    1000,
  )({
    default: undefined,
    example: '6',
    desc: 'partitions of every co-partitioned topic; without it 6, in production 12',
  }),
  FLEET_ENDPOINTS_FILE: text({
    default: 'infra/local/endpoints.json',
    desc: 'webhook endpoints; re-read when it changes',
  }),
  FLEET_AUTOMATION_POLICIES_FILE: text({
    default: 'infra/local/automation-policies.json',
    desc: 'what the tenants want of the automation: outcomes, times and schedules; read at start',
  }),
  FLEET_CONTROL_PLANE: str<Switch>({
    choices: switches,
    default: 'off',
    desc: 'on: endpoints, secrets and API keys come from Kafka and change through /v1/admin; off: FLEET_ENDPOINTS_FILE alone',
  }),
  FLEET_CONTROL_KEY_REF: text({
    default: 'file:control.keys',
    desc: 'reference (file: or env:) to the master keys of the control plane, <id>:<base64 of 32 bytes> each; the first seals, all open',
  }),
  FLEET_CLI_KEY_REF: text({
    default: 'env:FLEET_API_KEY',
    desc: 'reference (file: or env:) to the API key the fleet command uses for the admin API',
  }),
  FLEET_API_KEY_ROTATE_DAYS: whole(
    1,
    3650,
  )({
    default: 90,
    desc: 'an API key older than this is reported as overdue for rotation',
  }),
  FLEET_PROVENANCE_KEYS_FILE: text({
    default: undefined,
    example: './.fleet/secrets/provenance.json',
    desc: 'keys of the provenance MAC; without it secrets/provenance.json in FLEET_DATA_DIR',
  }),
  FLEET_DEDUPE_WINDOW_HOURS: whole(
    1,
    8760,
  )({
    default: 168,
    desc: 'how long an event id is remembered',
  }),
  FLEET_MAX_SKEW_SECONDS: whole(
    0,
    86_400,
  )({
    default: 300,
    desc: 'how far ahead of the broker a sender may be before its time is clamped',
  }),
  FLEET_STATE_HORIZON_DAYS: whole(
    1,
    36_500,
  )({
    default: 400,
    desc: 'older events never win; older registers may be dropped',
  }),
  FLEET_CRM_TAXONOMY_FILE: text({
    default: 'services/crm-sink/taxonomy.json',
    desc: 'severities and categories of CRM records with the words of sources; read at the start',
  }),
  FLEET_CRM_UNRESOLVED_MAX: whole(
    0,
    1_000_000,
  )({
    default: 10_000,
    desc: 'CRM records without a customer a partition keeps for completion; beyond it the oldest are given up',
  }),
  FLEET_SEEN_IDS_MAX: whole(
    1000,
    50_000_000,
  )({
    default: 6_000_000,
    desc: 'event ids a partition remembers at most, 32 bytes each; beyond it the oldest are shed',
  }),
  FLEET_PROCESSOR_THREADS: whole(
    1,
    64,
  )({
    default: 2,
    desc: 'threads of one processor; each works on a share of its partitions',
  }),
  FLEET_LATENCY_TARGET_MS: whole(
    5,
    5000,
  )({
    default: 200,
    desc: 'how long a stage may decide and commit a transaction under load; more is more throughput',
  }),
  FLEET_BODY_MAX_BYTES: whole(
    1,
    bodyBytesMax,
  )({
    default: 262_144,
    desc: 'largest body of a delivery; an endpoint may set less',
  }),
  FLEET_INGEST_DEADLINE_MS: whole(
    10,
    14_000,
  )({
    default: 8000,
    desc: 'a delivery not durable by then is answered 503',
  }),
  FLEET_INGEST_WORKERS: whole(
    1,
    64,
  )({
    default: 2,
    desc: 'processes of one ingester, about one per core, each with its own limits; 1 is one process',
  }),
  ...ingestSpec,
  ...apiSpec,
  FLEET_LOG_LEVEL: str<LogLevel>({
    choices: logLevels,
    default: 'info',
    desc: 'debug adds one line per delivery',
  }),
  ...ledgerSpec,
  FLEET_TICK_SECONDS: whole(
    1,
    3600,
  )({
    default: 5,
    desc: 'how often time is written as a record for detectors and timers',
  }),
  FLEET_DETECTORS_FILE: text({
    default: 'infra/alerts/detectors.json',
    desc: 'thresholds of the alert detectors, read at start (docs/alerting.md)',
  }),
}
