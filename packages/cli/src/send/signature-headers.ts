// Signs as an endpoint's source would, with the endpoint's own secret.

import { resolveSecret } from '@fleet/config'
import { messageOf } from '@fleet/runtime'
import { platform } from '@fleet/signatures'
import { signDelivery } from '@fleet/sources'
import type { Endpoint } from '@fleet/sources'
import { UsageError } from '../exit-code.ts'
import type { Settings } from '../settings.ts'
import type { Headers } from './post-delivery.ts'

/** The source's signature headers, made with the first secret that is valid now. */
export function signatureHeaders(
  settings: Pick<Settings, 'dataDir' | 'mode'>,
  endpoint: Endpoint,
  body: Uint8Array,
  id: string,
  nowMs: number,
): Headers {
  const secret = endpoint.secrets.find(
    ({ notBeforeMs, notAfterMs }) =>
      (notBeforeMs ?? -Infinity) <= nowMs && nowMs < (notAfterMs ?? Infinity),
  )
  if (secret === undefined) throw new UsageError(`no secret of ${endpoint.id} is valid now`)
  const key = readSecret(secret.ref, settings)
  const headers = signDelivery(endpoint, key, { body, id, nowMs }, platform)
  if (headers === null) throw new UsageError(`the secret ${secret.ref} can not be used as a key`)
  return headers
}

/** The header of a sender that can't sign. The endpoint has the key's hash alone. */
export function apiKeyHeaders(
  settings: Pick<Settings, 'dataDir' | 'mode'>,
  { id, apiKeyHeader: header }: Endpoint,
  ref: string | undefined,
): Headers {
  if (header === null) throw new UsageError(`${id} takes signatures, no API key`)
  if (ref === undefined) {
    throw new UsageError(`${id} takes an API key: say where it is with --key-ref file:… or env:…`)
  }
  const key = readSecret(ref, settings).toString('utf8')
  return { [header]: header === 'authorization' ? `Bearer ${key}` : key }
}

function readSecret(ref: string, { dataDir, mode }: Pick<Settings, 'dataDir' | 'mode'>): Buffer {
  try {
    return resolveSecret(ref, dataDir, mode)
  } catch (error) {
    throw new UsageError(
      `the secret ${ref} can not be read (${messageOf(error)}). make up makes those of the demo`,
    )
  }
}
