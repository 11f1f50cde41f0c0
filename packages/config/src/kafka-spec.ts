// How every program connects to Kafka. The names follow Kafka's own: security.protocol, sasl.mechanism.

import { bool } from 'envalid'
import { oneOf, secretReference, text } from './validators.ts'

/** Kafka's `security.protocol`, in lower case. */
const securityProtocols = ['plaintext', 'ssl', 'sasl_plaintext', 'sasl_ssl'] as const
export type SecurityProtocol = (typeof securityProtocols)[number]

/** Kafka's `sasl.mechanism`, in lower case. */
const saslMechanisms = ['plain', 'scram-sha-256', 'scram-sha-512'] as const
export type SaslMechanism = (typeof saslMechanisms)[number]

export const kafkaSpec = {
  FLEET_KAFKA_SECURITY: oneOf(securityProtocols)({
    default: 'plaintext',
    desc: "Kafka's security.protocol; production refuses those without TLS off loopback",
  }),
  FLEET_KAFKA_SASL_MECHANISM: oneOf(saslMechanisms)({
    default: 'scram-sha-512',
    desc: 'how the password is shown to the broker; plain only over sasl_ssl',
  }),
  FLEET_KAFKA_SASL_USERNAME: text({
    default: undefined,
    example: 'fleet-processor',
    desc: 'user of this service, as in infra/acls; needed with sasl_ssl and sasl_plaintext',
  }),
  FLEET_KAFKA_SASL_PASSWORD: secretReference({
    default: undefined,
    example: 'file:kafka-password',
    desc: 'where its password is, never the password itself: file:<name> in secrets/ of FLEET_DATA_DIR, or env:<NAME>',
  }),
  FLEET_KAFKA_CA_FILE: text({
    default: undefined,
    example: './tls/kafka-ca.pem',
    desc: "authorities (PEM) that may sign the brokers' certificates; without it those Node trusts",
  }),
  FLEET_KAFKA_CERT_FILE: text({
    default: undefined,
    example: './tls/kafka-client.pem',
    desc: 'certificate chain (PEM) shown to brokers that ask for one (mutual TLS)',
  }),
  FLEET_KAFKA_KEY_FILE: text({
    default: undefined,
    example: './tls/kafka-client-key.pem',
    desc: 'private key (PEM, no passphrase) of FLEET_KAFKA_CERT_FILE',
  }),
  FLEET_KAFKA_PLAINTEXT_ALLOWED: bool({
    default: false,
    desc: 'lets production speak to Kafka without TLS off loopback, for a network that encrypts by itself',
  }),
}
