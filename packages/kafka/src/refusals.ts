// Refusals that waiting does not mend: wrong credentials, a certificate that can not be trusted, a missing
// right. Found anywhere in a chain of causes and told with what to do. Never shows a secret.

import { FleetError, messageOf } from '@fleet/runtime'

/** Links of a chain of causes that are looked at; a cyclic one must end. */
const causesMax = 8

const refusalCodes = new Set(['KAFKA_AUTHENTICATION', 'KAFKA_AUTHORIZATION', 'KAFKA_CERTIFICATE'])
/** Kafka's names of protocol errors for a missing right, and what to look at. */
const rights: Readonly<Record<string, string>> = {
  TOPIC_AUTHORIZATION_FAILED: 'a topic',
  GROUP_AUTHORIZATION_FAILED: 'a consumer group',
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: 'a transactional id',
  CLUSTER_AUTHORIZATION_FAILED: 'the cluster',
}
const saslTypes = new Set([
  'SASL_AUTHENTICATION_FAILED',
  'UNSUPPORTED_SASL_MECHANISM',
  'ILLEGAL_SASL_STATE',
])
/** Of the verification of a peer's certificate, as Node and OpenSSL name them. */
const untrusted = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REVOKED',
  'CERT_REJECTED',
  'CERT_UNTRUSTED',
  'CERT_SIGNATURE_FAILURE',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'HOSTNAME_MISMATCH',
  'ERR_TLS_CERT_ALTNAME_INVALID',
])
/** Alerts of a broker that wants a certificate of ours, or another one. */
const refusedByPeer = /^ERR_SSL_.*ALERT.*CERTIFICATE|^ERR_SSL_.*ALERT_(?:UNKNOWN_CA|ACCESS_DENIED)/
/** Files that OpenSSL can not use: a key of another certificate, a passphrase. */
const unusableFiles = /^ERR_OSSL_|^ERR_CRYPTO_|KEY_VALUES_MISMATCH/

/** Null when the error is none of these. */
export function refusal(error: unknown): FleetError | null {
  for (const link of chainOf(error)) {
    if (link instanceof FleetError && refusalCodes.has(link.code)) return link
    const found = refusalOf(link)
    if (found !== null) return found
  }
  return null
}

/** The refusal behind a protocol error that came as a name alone. */
export function missingRight(type: string, what: string, cause?: unknown): FleetError {
  return new FleetError(
    'KAFKA_AUTHORIZATION',
    'fatal',
    `Kafka refuses this user ${rights[type] ?? 'what it asked for'} (${what}); ` +
      'compare its rights with infra/acls: fleet acls plan, and FLEET_KAFKA_SASL_USERNAME',
    cause === undefined ? undefined : { cause },
  )
}

function refusalOf(error: Error & { type?: unknown; code?: unknown }): FleetError | null {
  const type = typeof error.type === 'string' ? error.type : ''
  if (type in rights) return missingRight(type, messageOf(error), error)
  if (saslTypes.has(type) || error.name === 'KafkaJSSASLAuthenticationError') {
    return refused(
      'KAFKA_AUTHENTICATION',
      `Kafka refused the credentials (${messageOf(error)}); check FLEET_KAFKA_SASL_USERNAME, ` +
        'FLEET_KAFKA_SASL_MECHANISM and what FLEET_KAFKA_SASL_PASSWORD refers to',
      error,
    )
  }
  return certificateRefusal(typeof error.code === 'string' ? error.code : '', error)
}

function certificateRefusal(code: string, error: Error): FleetError | null {
  if (untrusted.has(code)) {
    return refused(
      'KAFKA_CERTIFICATE',
      `The broker's certificate is not trusted (${code}: ${messageOf(error)}); give its authority ` +
        'in FLEET_KAFKA_CA_FILE and connect by a name the certificate has (FLEET_KAFKA_BROKERS)',
      error,
    )
  }
  if (refusedByPeer.test(code)) {
    return refused(
      'KAFKA_CERTIFICATE',
      `The broker refuses our certificate, or asks for one (${code}); check ` +
        'FLEET_KAFKA_CERT_FILE and FLEET_KAFKA_KEY_FILE',
      error,
    )
  }
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER') {
    return refused(
      'KAFKA_CERTIFICATE',
      'The broker does not speak TLS on this port; FLEET_KAFKA_BROKERS names another listener ' +
        'than FLEET_KAFKA_SECURITY',
      error,
    )
  }
  if (unusableFiles.test(code)) {
    return refused(
      'KAFKA_CERTIFICATE',
      `FLEET_KAFKA_CA_FILE, FLEET_KAFKA_CERT_FILE or FLEET_KAFKA_KEY_FILE can not be used (${code}): ` +
        'PEM is needed, the key without passphrase and that of the certificate',
      error,
    )
  }
  return null
}

function refused(code: string, message: string, cause: Error): FleetError {
  return new FleetError(code, 'fatal', message, { cause })
}

function chainOf(error: unknown): Error[] {
  const chain: Error[] = []
  let at = error
  while (at instanceof Error && chain.length < causesMax) {
    chain.push(at)
    at = at.cause
  }
  return chain
}
