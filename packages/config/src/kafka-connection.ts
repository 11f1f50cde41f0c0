// How a program connects to Kafka: brokers, TLS and SASL, read from the settings in one place. Secrets and
// key files are read when a connection is made, never kept in the settings and never part of a message.

import { readFileSync } from 'node:fs'
import { messageOf } from '@fleet/runtime'
import { configError } from './errors.ts'
import type { KafkaSecurity } from './kafka-security.ts'
import type { SaslMechanism } from './kafka-spec.ts'
import type { Mode } from './platform-spec.ts'
import { resolveSecret } from './secret.ts'
import type { Environment } from './settings.ts'

/** What of the platform's settings says how to connect. */
export interface KafkaConnectionSettings {
  readonly mode: Mode
  readonly dataDir: string
  readonly kafkaBrokers: readonly string[]
  readonly kafkaSecurity: KafkaSecurity
}

export interface KafkaConnection {
  brokers: readonly string[]
  clientId: string
  /** `true`: the certificate authorities that Node trusts. */
  ssl?: true | { ca?: Buffer; cert?: Buffer; key?: Buffer }
  sasl?: { mechanism: SaslMechanism; username: string; password: string }
}

/** A larger file is no certificate but a mistake; bundles of a whole system have some 200 KiB. */
const pemBytesMax = 4 * 1024 * 1024

/** @throws FleetError CONFIG | SECRET_UNAVAILABLE, naming the variable and what to do. */
export function kafkaConnection(
  { mode, dataDir, kafkaBrokers, kafkaSecurity }: KafkaConnectionSettings,
  clientId: string,
  env: Environment = process.env,
): KafkaConnection {
  const connection: KafkaConnection = { brokers: kafkaBrokers, clientId }
  const { tls, sasl } = kafkaSecurity
  if (tls !== null) {
    const ssl = {
      ...(tls.caFile === null ? {} : { ca: pem('FLEET_KAFKA_CA_FILE', tls.caFile) }),
      ...(tls.certFile === null ? {} : { cert: pem('FLEET_KAFKA_CERT_FILE', tls.certFile) }),
      ...(tls.keyFile === null ? {} : { key: pem('FLEET_KAFKA_KEY_FILE', tls.keyFile) }),
    }
    connection.ssl = Object.keys(ssl).length === 0 ? true : ssl
  }
  if (sasl !== null) {
    const { mechanism, username, passwordRef } = sasl
    const password = resolveSecret(passwordRef, dataDir, mode, env).toString('utf8')
    connection.sasl = { mechanism, username, password }
  }
  return connection
}

function pem(variable: string, path: string): Buffer {
  const bytes = readPem(variable, path)
  if (bytes.length <= pemBytesMax && bytes.includes('-----BEGIN ')) return bytes
  const remedy = 'convert a Java store with keytool -exportcert -rfc or openssl pkcs12'
  throw configError('CONFIG', `${variable}: ${path} is not a PEM file; ${remedy}`)
}

function readPem(variable: string, path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    const message = `${variable} can not be read: ${messageOf(error)}`
    throw configError('CONFIG', message, error)
  }
}
