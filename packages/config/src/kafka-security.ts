// The rules between the settings of Kafka's security: what belongs together, what contradicts, and what
// production refuses. Reads no file and no secret.

import { resolve } from 'node:path'
import type { kafkaSpec, SaslMechanism, SecurityProtocol } from './kafka-spec.ts'
import type { Mode } from './platform-spec.ts'
import type { Settings } from './settings.ts'

export interface KafkaSecurity {
  readonly protocol: SecurityProtocol
  /** Null without TLS. Null inside: what Node trusts, and no certificate of our own. */
  readonly tls: {
    readonly caFile: string | null
    readonly certFile: string | null
    readonly keyFile: string | null
  } | null
  /** Null without SASL. */
  readonly sasl: {
    readonly mechanism: SaslMechanism
    readonly username: string
    readonly passwordRef: string
  } | null
}

type Read = Settings<typeof kafkaSpec>

const saslVariables = ['FLEET_KAFKA_SASL_USERNAME', 'FLEET_KAFKA_SASL_PASSWORD'] as const
const tlsVariables = [
  'FLEET_KAFKA_CA_FILE',
  'FLEET_KAFKA_CERT_FILE',
  'FLEET_KAFKA_KEY_FILE',
] as const

export function kafkaSecurityOf(read: Read): KafkaSecurity {
  const protocol = read.FLEET_KAFKA_SECURITY
  const path = (file: string | undefined): string | null =>
    file === undefined ? null : resolve(file)
  return Object.freeze({
    protocol,
    tls: !hasTls(protocol)
      ? null
      : {
          caFile: path(read.FLEET_KAFKA_CA_FILE),
          certFile: path(read.FLEET_KAFKA_CERT_FILE),
          keyFile: path(read.FLEET_KAFKA_KEY_FILE),
        },
    sasl: !hasSasl(protocol)
      ? null
      : {
          mechanism: read.FLEET_KAFKA_SASL_MECHANISM,
          username: read.FLEET_KAFKA_SASL_USERNAME ?? '',
          passwordRef: read.FLEET_KAFKA_SASL_PASSWORD ?? '',
        },
  })
}

/** What must not be left to chance: a setting that is ignored, or a connection that others can read. */
export function kafkaSecurityProblems(read: Read, mode: Mode, isLoopback: boolean): string[] {
  const protocol = read.FLEET_KAFKA_SECURITY
  const problems: string[] = []
  for (const name of saslVariables) {
    const isSet = read[name] !== undefined
    if (hasSasl(protocol) && !isSet) {
      problems.push(`${name} is missing; FLEET_KAFKA_SECURITY=${protocol} needs it`)
    }
    if (!hasSasl(protocol) && isSet) problems.push(ignored(name, protocol, 'sasl_ssl'))
  }
  for (const name of tlsVariables) {
    if (!hasTls(protocol) && read[name] !== undefined) {
      problems.push(ignored(name, protocol, hasSasl(protocol) ? 'sasl_ssl' : 'ssl'))
    }
  }
  const { FLEET_KAFKA_CERT_FILE: certificate, FLEET_KAFKA_KEY_FILE: key } = read
  if ((certificate === undefined) !== (key === undefined)) {
    problems.push('FLEET_KAFKA_CERT_FILE and FLEET_KAFKA_KEY_FILE belong together; set both')
  }
  if (mode === 'production' && !hasTls(protocol) && !isLoopback) {
    if (!read.FLEET_KAFKA_PLAINTEXT_ALLOWED) problems.push(unencrypted(protocol))
  }
  return problems
}

function hasTls(protocol: SecurityProtocol): boolean {
  return protocol === 'ssl' || protocol === 'sasl_ssl'
}

function hasSasl(protocol: SecurityProtocol): boolean {
  return protocol === 'sasl_plaintext' || protocol === 'sasl_ssl'
}

function ignored(name: string, protocol: SecurityProtocol, instead: SecurityProtocol): string {
  return (
    `${name} is set, but FLEET_KAFKA_SECURITY=${protocol} does not use it; ` +
    `set FLEET_KAFKA_SECURITY=${instead} or take it away`
  )
}

function unencrypted(protocol: SecurityProtocol): string {
  return (
    `FLEET_KAFKA_SECURITY=${protocol} is not encrypted and FLEET_KAFKA_BROKERS is off loopback, ` +
    'refused in production; set FLEET_KAFKA_SECURITY=sasl_ssl (docs/security.md), or ' +
    'FLEET_KAFKA_PLAINTEXT_ALLOWED=true where the network itself encrypts'
  )
}
