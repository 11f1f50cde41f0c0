// The platform's settings and its endpoints, read the way the services read them.

import { platformSettings } from '@fleet/config'
import type { PlatformSettings } from '@fleet/config'
import { messageOf } from '@fleet/runtime'
import { parseEndpoints } from '@fleet/sources'
import type { Endpoint } from '@fleet/sources'
import { UsageError } from './exit-code.ts'
import { readArgumentFile } from './read-file.ts'

export type Settings = PlatformSettings

export function readSettings(): Settings {
  // The command listens nowhere.
  return platformSettings(undefined, 'nothing')
}

export async function readEndpoints(settings: Settings): Promise<Endpoint[]> {
  const text = await readEndpointsText(settings.endpointsFile)
  const reading = parseEndpoints(text, settings.mode)
  if (reading.ok) return reading.endpoints
  const problems = reading.problems.map(problem => `\n  ${problem}`).join('')
  throw new UsageError(`${settings.endpointsFile} has mistakes:${problems}`)
}

export async function readEndpointsText(file: string): Promise<string> {
  try {
    return (await readArgumentFile(file)).toString('utf8')
  } catch (error) {
    const reason = messageOf(error)
    throw new UsageError(
      `the endpoints file can not be read (${reason}). Set FLEET_ENDPOINTS_FILE, or run fleet from the repository's root.`,
    )
  }
}

export function findEndpoint(endpoints: readonly Endpoint[], id: string): Endpoint {
  const found = endpoints.find(endpoint => endpoint.id === id)
  if (found !== undefined) return found
  const known = endpoints.map(endpoint => endpoint.id).join(', ')
  throw new UsageError(`there is no endpoint "${id}". Known: ${known === '' ? 'none' : known}`)
}

/** Address of a service as a caller on this machine sees it. */
export function localUrl(
  settings: Pick<Settings, 'host' | 'ingestPort' | 'ingest' | 'apiPort' | 'api'>,
  port: number,
): string {
  const isTls =
    (port === settings.ingestPort && settings.ingest.tls !== null) ||
    (port === settings.apiPort && settings.api.tls !== null)
  const isAny = settings.host === '0.0.0.0' || settings.host === '::'
  const host = isAny ? '127.0.0.1' : settings.host
  return `${isTls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** Where the API is: by its setting, else on this machine. */
export function apiUrl(settings: Parameters<typeof localUrl>[0]): string {
  return settings.api.url?.replace(/\/+$/, '') ?? localUrl(settings, settings.apiPort)
}
