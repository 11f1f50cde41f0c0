// A Kafka broker as a careful production has it: TLS with certificates made here, SCRAM and PLAIN users,
// rights denied unless granted. Its second listener wants a client certificate instead of a password.

import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { connectKafka } from '@fleet/kafka'
import type { ConnectionSettings } from '@fleet/kafka'
import { systemClock } from '@fleet/runtime'

import {
  brokerSettings,
  fetchDistribution,
  foldersOf,
  freePorts,
  javaArguments,
  readLocalSettings,
} from '../../infra/local/index.ts'
import { clusterId } from '../../infra/local/kafka.ts'
import { lastLines, logFileOf } from '../../infra/local/log-files.ts'
import { end, startDetached } from '../../infra/local/processes.ts'

const run = promisify(execFile)
const startMsMax = 120_000
const administrator = 'admin'
const passwordOf = (user: string): string => `${user}-password`

export interface SecuredBroker {
  /** SASL_SSL. */
  readonly address: string
  /** SSL with client certificates. */
  readonly mutualAddress: string
  readonly files: Files
  readonly administrator: string
  passwordOf(user: string): string
  stop(): Promise<void>
}

interface Files {
  readonly authority: string
  readonly client: string
  readonly clientKey: string
}

export async function hasOpenssl(): Promise<boolean> {
  try {
    await run('openssl', ['version'])
    return true
  } catch {
    return false
  }
}

export async function startSecuredBroker(
  folder: string,
  users: readonly string[],
): Promise<SecuredBroker> {
  const folders = foldersOf(folder, readLocalSettings({}).folders.dist)
  for (const path of [folders.kafka, folders.temporary, folders.logs]) {
    mkdirSync(path, { recursive: true })
  }
  await fetchDistribution(folders, () => {})
  const [port = 0, mutualPort = 0, controllerPort = 0] = await freePorts(3)
  const files = await makeCertificates(folders.kafka)
  const configuration = join(folders.kafka, 'server.properties')
  const ports = { port, mutualPort, controllerPort }
  writeFileSync(configuration, propertiesText(folders.kafka, ports))
  const scram = [...users, administrator].flatMap(user => [
    '--add-scram',
    `SCRAM-SHA-512=[name=${user},password=${passwordOf(user)}]`,
  ])
  const format = ['kafka.tools.StorageTool', 'format', '--cluster-id', clusterId]
  await run('java', [...javaArguments(folders, 128), ...format, '-c', configuration, ...scram])
  startDetached(folders, {
    name: 'kafka',
    command: 'java',
    args: [...javaArguments(folders, 384), 'kafka.Kafka', configuration],
    environment: {},
    cwd: folders.kafka,
    port,
  })
  const address = `127.0.0.1:${port}`
  await untilAnswers({
    brokers: [address],
    clientId: 'probe',
    ssl: { ca: readFileSync(files.authority) },
    sasl: {
      mechanism: 'scram-sha-512',
      username: administrator,
      password: passwordOf(administrator),
    },
  }).catch(async (error: unknown) => {
    const log = lastLines(logFileOf(folders, 'kafka'), 15).join('\n')
    await end(folders, 'kafka')
    throw new Error(`the broker did not come up:\n${log}`, { cause: error })
  })
  return {
    address,
    mutualAddress: `127.0.0.1:${mutualPort}`,
    files,
    administrator,
    passwordOf,
    stop: async () => void (await end(folders, 'kafka')),
  }
}

/** It is started when the administrator may look, which is after users and rights were loaded. */
async function untilAnswers(settings: ConnectionSettings): Promise<void> {
  const deadline = systemClock.elapsedMs() + startMsMax
  for (;;) {
    try {
      const admin = await connectKafka(settings).openAdmin()
      const { brokers } = await admin.describeCluster()
      await admin.close()
      if (brokers.length > 0) return
    } catch (error) {
      if (systemClock.elapsedMs() > deadline) throw error
    }
    await systemClock.sleep(100)
  }
}

function propertiesText(
  folder: string,
  { port, mutualPort, controllerPort }: Record<'port' | 'mutualPort' | 'controllerPort', number>,
): string {
  const store = join(folder, 'broker.pem')
  const plain =
    'org.apache.kafka.common.security.plain.PlainLoginModule required ' +
    `username="${administrator}" password="${passwordOf(administrator)}" ` +
    `user_${administrator}="${passwordOf(administrator)}";`
  const settings = {
    'node.id': 1,
    'process.roles': 'broker,controller',
    listeners:
      `CLIENTS://127.0.0.1:${port},MUTUAL://127.0.0.1:${mutualPort},` +
      `CONTROLLER://127.0.0.1:${controllerPort}`,
    'listener.security.protocol.map': 'CLIENTS:SASL_SSL,MUTUAL:SSL,CONTROLLER:SASL_SSL',
    'advertised.listeners': `CLIENTS://127.0.0.1:${port},MUTUAL://127.0.0.1:${mutualPort}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'CLIENTS',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'sasl.enabled.mechanisms': 'SCRAM-SHA-512,PLAIN',
    'sasl.mechanism.inter.broker.protocol': 'PLAIN',
    'sasl.mechanism.controller.protocol': 'PLAIN',
    'listener.name.clients.plain.sasl.jaas.config': plain,
    'listener.name.clients.scram-sha-512.sasl.jaas.config':
      'org.apache.kafka.common.security.scram.ScramLoginModule required;',
    'listener.name.controller.sasl.enabled.mechanisms': 'PLAIN',
    'listener.name.controller.plain.sasl.jaas.config': plain,
    'listener.name.mutual.ssl.client.auth': 'required',
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': store,
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': join(folder, 'authority.pem'),
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'allow.everyone.if.no.acl.found': false,
    'super.users': `User:${administrator}`,
    'log.dirs': join(folder, 'data'),
    ...brokerSettings(1),
  }
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}

/** An authority, and with it one certificate for the broker and one for a client. */
async function makeCertificates(folder: string): Promise<Files> {
  const path = (name: string): string => join(folder, name)
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const openssl = (...args: string[]) => run('openssl', args, { cwd: folder })
  const authority = ['-x509', '-days', '2', '-subj', '/CN=test authority']
  await openssl('req', ...authority, ...key, '-keyout', 'authority.key', '-out', 'authority.pem')
  const signed = async (name: string, subject: string, extension: string): Promise<void> => {
    writeFileSync(path(`${name}.ext`), `${extension}\n`)
    await openssl('req', ...key, '-subj', subject, '-keyout', `${name}.key`, '-out', `${name}.csr`)
    const by = ['-CA', 'authority.pem', '-CAkey', 'authority.key', '-CAcreateserial']
    const to = ['-days', '2', '-extfile', `${name}.ext`, '-out', `${name}.crt`]
    await openssl('x509', '-req', '-in', `${name}.csr`, ...by, ...to)
  }
  await signed('broker', '/CN=broker', 'subjectAltName=IP:127.0.0.1')
  await signed('client', '/CN=fleet-ingester', 'extendedKeyUsage=clientAuth')
  const pem = (name: string): string => readFileSync(path(name), 'utf8')
  writeFileSync(path('broker.pem'), pem('broker.key') + pem('broker.crt') + pem('authority.pem'))
  return {
    authority: path('authority.pem'),
    client: path('client.crt'),
    clientKey: path('client.key'),
  }
}
