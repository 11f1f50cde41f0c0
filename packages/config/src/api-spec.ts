// What the API allows a caller, and how it is reached.

import { address, text, whole } from './validators.ts'

export const apiSpec = {
  FLEET_API_URL: address(['http:', 'https:'])({
    default: undefined,
    example: 'https://fleet.example.com',
    desc: 'where the fleet command finds the API; without it the one on this machine',
  }),
  FLEET_API_TLS_CERT_FILE: text({
    default: undefined,
    example: './tls/api-fullchain.pem',
    desc: 'certificate chain (PEM) with which the API itself speaks TLS; re-read when it changes',
  }),
  FLEET_API_TLS_KEY_FILE: text({
    default: undefined,
    example: './tls/api-privkey.pem',
    desc: 'private key (PEM) of FLEET_API_TLS_CERT_FILE; re-read when it changes',
  }),
  FLEET_API_FAILED_LOGINS: whole(
    1,
    10_000,
  )({
    default: 20,
    desc: 'wrong or missing API keys from one address (IPv6: /64) in a minute; beyond it 429 for the rest of that minute, whatever the key',
  }),
}
