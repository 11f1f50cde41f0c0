// `fleet env`: what an outsider needs to find everything. Paths of secrets, never secrets.

import { secretPath } from '@fleet/config'
import { allTopics } from '@fleet/contracts'
import type { Endpoint } from '@fleet/sources'
import { exitCodes } from '../exit-code.ts'
import type { ExitCode } from '../exit-code.ts'
import { apiUrl, localUrl, readEndpoints, readSettings } from '../settings.ts'
import type { Settings } from '../settings.ts'
import { table } from '../terminal.ts'
import type { Context } from '../verb.ts'
import { printJson } from '../verb.ts'

export interface Environment {
  mode: string
  data_dir: string
  brokers: string[]
  registry_url: string
  redis_url: string
  ingest_url: string
  api_url: string
  partitions: number
  topics: Record<string, string>
  endpoints_file: string
  provenance_keys_file: string
  dedupe_window_hours: number
  max_skew_seconds: number
  state_horizon_days: number
  endpoints: EndpointSummary[]
}

interface EndpointSummary {
  id: string
  tenant_id: string
  source: string
  adapter: string
  /** Null when its first secret does not come from a file. */
  secret_file: string | null
}

export async function showEnvironment(context: Context): Promise<ExitCode> {
  const settings = readSettings()
  const environment = describeEnvironment(settings, await readEndpoints(settings))
  if (context.json) printJson(context, environment)
  else context.terminal.write(render(context, environment))
  return exitCodes.ok
}

export function describeEnvironment(
  settings: Settings,
  endpoints: readonly Endpoint[],
): Environment {
  return {
    mode: settings.mode,
    data_dir: settings.dataDir,
    brokers: [...settings.kafkaBrokers],
    registry_url: settings.registryUrl,
    redis_url: withoutPassword(settings.redisUrl),
    ingest_url: localUrl(settings, settings.ingestPort),
    api_url: apiUrl(settings),
    partitions: settings.partitions,
    topics: Object.fromEntries(allTopics.map(({ logical, name }) => [logical, name])),
    endpoints_file: settings.endpointsFile,
    provenance_keys_file: settings.provenanceKeysFile,
    dedupe_window_hours: settings.dedupeWindowHours,
    max_skew_seconds: settings.maxSkewSeconds,
    state_horizon_days: settings.stateHorizonDays,
    endpoints: endpoints.map(endpoint => ({
      id: endpoint.id,
      tenant_id: endpoint.tenantId,
      source: endpoint.source,
      adapter: endpoint.adapter,
      secret_file: secretFile(endpoint, settings.dataDir),
    })),
  }
}

function secretFile(endpoint: Endpoint, dataDir: string): string | null {
  const paths = endpoint.secrets.map(({ ref }) => secretPath(ref, dataDir))
  return paths.find(path => path !== null) ?? null
}

function withoutPassword(url: string): string {
  return url.replace(/^(rediss?:\/\/[^:/@]*):[^@/]*@/, '$1:***@')
}

function render({ terminal }: Context, environment: Environment): string {
  const { endpoints, topics, ...rest } = environment
  const settings = Object.entries(rest).map(([name, value]) => [name, String(value)])
  const files = endpoints.map(endpoint => [
    endpoint.id,
    endpoint.tenant_id,
    endpoint.source,
    endpoint.adapter,
    endpoint.secret_file ?? '-',
  ])
  return [
    table(terminal, ['setting', 'value'], settings),
    table(terminal, ['topic', 'name'], Object.entries(topics)),
    table(terminal, ['endpoint', 'tenant', 'source', 'adapter', 'secret'], files),
  ].join('\n')
}
