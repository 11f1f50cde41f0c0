// How an endpoint knows its sender: by signatures, or, for senders that can't sign, by an API key in a
// header. The key itself never stands in a setting, nor in a URL.

import { endpointAuths } from './endpoint.ts'
import type { Adapter, Endpoint } from './endpoint.ts'
import type { Fields } from './endpoint-fields.ts'
import { readChoice, readText, report, setting } from './endpoint-fields.ts'
import { emptySignature, headerName, headerRule, readSignature } from './endpoint-signature.ts'
import { alwaysKept } from './headers.ts'

type Auth = Pick<Endpoint, 'auth' | 'apiKeyHeader' | 'signature'>

/** The others' vendors sign. */
const keyAdapters: readonly Adapter[] = ['generic', 'ump']

const apiKeyHeaderDefault = 'authorization'

/** They are kept with the record, or mean something else to whoever stands between. */
const otherHeaders: readonly string[] = [
  ...alwaysKept,
  'connection',
  'content-encoding',
  'content-length',
  'cookie',
  'host',
  'transfer-encoding',
  'x-forwarded-for',
  'x-forwarded-proto',
]

export function readAuth(fields: Fields, adapter: Adapter): Auth {
  const auth = readChoice(fields, 'auth', endpointAuths, 'signature')
  if (auth === 'signature') {
    if (setting(fields, 'api_key_header') !== null) {
      report(fields, 'api_key_header', 'counts only with "auth": "api-key"')
    }
    return { auth, apiKeyHeader: null, signature: readSignature(fields, adapter) }
  }
  if (!keyAdapters.includes(adapter)) {
    report(fields, 'auth', `must be "signature": senders of the adapter ${adapter} sign`)
  }
  if (setting(fields, 'signature') !== null) {
    report(fields, 'signature', 'must be left out with "auth": "api-key"; nothing would verify it')
  }
  return { auth, apiKeyHeader: readApiKeyHeader(fields), signature: emptySignature }
}

function readApiKeyHeader(fields: Fields): string {
  const name = 'api_key_header'
  const header = readText(fields, name, headerName, headerRule, apiKeyHeaderDefault).toLowerCase()
  if (otherHeaders.includes(header)) {
    report(fields, name, `must be a header for the key alone, not ${header}`)
  }
  return header
}

export const authWarnings: [string, string][] = [
  [
    'auth',
    'deliveries carry no signature: whoever learns the key can send anything in the name of the sender',
  ],
]
