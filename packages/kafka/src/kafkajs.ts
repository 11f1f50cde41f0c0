// The one file that imports kafkajs. It takes the client's connections, request encoders and
// coordinator lookup; the layers above them (its consumer, its producer) are not used, because they
// retry multi-partition sends part by part, keep a failed transaction for ever, and leak aborted
// records (docs/decisions/0003). The version is pinned exactly: these are not public doors.

import { createRequire } from 'node:module'
import { connect as connectTls } from 'node:tls'
import { connect as connectPlain, isIP } from 'node:net'
import type { Socket } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import kafkajs from 'kafkajs'
import type { Admin as KafkaJsAdmin, KafkaConfig } from 'kafkajs'

import { systemClock } from '@fleet/runtime'

import { tellCoordinatorRefusals } from './coordinator-refusals.ts'
import type { CoordinatorFinder } from './coordinator-refusals.ts'
import type { ConnectionPool } from './kafkajs-requests.ts'
import { askMetadataLeniently } from './lenient-metadata.ts'
import type { BrokerMaker, MetadataAnswer, MetadataRequest } from './lenient-metadata.ts'
import { SeedBrokers } from './seed-brokers.ts'
import type { SeedPool } from './seed-brokers.ts'

// Named imports of this CommonJS package depend on what the loader can guess; its default does not.
const {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  AssignerProtocol,
  ConfigResourceTypes,
  Kafka,
  logLevel,
  ResourcePatternTypes,
} = kafkajs

const require = createRequire(import.meta.url)

/** What a broker connection of kafkajs offers; each method is one Kafka request. */
export interface BrokerNode {
  nodeId: string
  connectionPool: ConnectionPool & { host: string; port: number }
  disconnect(): Promise<void>
  initProducerId(request: {
    transactionalId: string
    transactionTimeout: number
  }): Promise<{ producerId: string; producerEpoch: number }>
  joinGroup(request: {
    groupId: string
    sessionTimeout: number
    rebalanceTimeout: number
    memberId: string
    groupProtocols: { name: string; metadata: Buffer }[]
  }): Promise<{
    generationId: number
    leaderId: string
    memberId: string
    members: { memberId: string; memberMetadata: Buffer }[]
  }>
  syncGroup(request: {
    groupId: string
    generationId: number
    memberId: string
    groupAssignment: { memberId: string; memberAssignment: Buffer }[]
  }): Promise<{ memberAssignment: Buffer }>
  heartbeat(request: {
    groupId: string
    groupGenerationId: number
    memberId: string
  }): Promise<unknown>
  leaveGroup(request: { groupId: string; memberId: string }): Promise<unknown>
  offsetCommit(request: {
    groupId: string
    groupGenerationId: number
    memberId: string
    topics: { topic: string; partitions: { partition: number; offset: string }[] }[]
  }): Promise<unknown>
  listOffsets(request: {
    replicaId: number
    isolationLevel: number
    topics: { topic: string; partitions: { partition: number; timestamp: string }[] }[]
  }): Promise<{
    responses: { topic: string; partitions: { partition: number; offset: string }[] }[]
  }>
}

export interface Cluster {
  connect(): Promise<void>
  disconnect(): Promise<void>
  refreshMetadata(): Promise<void>
  refreshMetadataIfNecessary(): Promise<void>
  addMultipleTargetTopics(topics: string[]): Promise<void>
  removeBroker(address: { host: string; port: number }): void
  findBroker(request: { nodeId: number | string }): Promise<BrokerNode>
  findGroupCoordinator(request: { groupId: string; coordinatorType?: number }): Promise<BrokerNode>
  findTopicPartitionMetadata(
    topic: string,
  ): { partitionId: number; leader: number; partitionErrorCode: number }[]
}

export interface ConnectionSettings {
  brokers: readonly string[]
  clientId: string
  /** How long a request may take. Default 10,000. */
  requestTimeoutMs?: number
  ssl?: ConnectionOptions | boolean
  sasl?: SaslCredentials
}

interface SaslCredentials {
  mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
  username: string
  password: string
}

type SocketArguments = {
  host: string
  port: number
  ssl?: ConnectionOptions
  onConnect: () => void
}

const keepAliveMs = 60_000
/** Requests that may wait for one connection: partitions of a process, and some. */
const socketListenersMax = 200

// kafkajs leaves Nagle's algorithm on; small requests of a transaction would wait for each other.
function socketFactory({ host, port, ssl, onConnect }: SocketArguments): Socket {
  const socket = ssl
    ? connectTls(
        { host, port, ...(isIP(host) === 0 ? { servername: host } : {}), ...ssl },
        onConnect,
      )
    : connectPlain({ host, port }, onConnect)
  socket.setKeepAlive(true, keepAliveMs)
  socket.setNoDelay(true)
  // Every request that finds the connection lost waits on the new socket with a listener of its own.
  socket.setMaxListeners(socketListenersMax)
  return socket
}

const ClusterClass = require('kafkajs/src/cluster') as new (
  options: unknown,
) => Cluster & BrokerMaker & CoordinatorFinder
const { createLogger } = require('kafkajs/src/loggers') as {
  createLogger: (options: unknown) => { namespace(name: string): unknown }
}

const metadataRequestV6 =
  require('kafkajs/src/protocol/requests/metadata/v6/request') as (options: {
    topics: readonly string[]
    allowAutoTopicCreation: boolean
  }) => MetadataRequest
const metadataResponseV6 = require('kafkajs/src/protocol/requests/metadata/v6/response') as {
  decode: (bytes: Buffer) => Promise<MetadataAnswer>
}

const silent = (): (() => void) => () => {}

/** Connection retries of one call; longer waiting is the caller's decision, it knows what waits. */
const retry = { initialRetryTime: 50, retries: 4, maxRetryTime: 1000 }

const seeds = new SeedBrokers(systemClock)
const { prototype: brokerPool } = require('kafkajs/src/cluster/brokerPool') as {
  prototype: SeedPool & { connect: () => Promise<void> }
}
brokerPool.connect = function connect(this: SeedPool) {
  return seeds.connect(this)
}

/** A cluster connection of its own: clients never share one (reliability pitfall P7). */
export function createCluster(settings: ConnectionSettings): Cluster {
  const cluster = new ClusterClass({
    logger: createLogger({ level: logLevel.NOTHING, logCreator: silent }),
    socketFactory,
    brokers: seeds.inOrder(settings.brokers),
    clientId: settings.clientId,
    ...securityOf(settings),
    connectionTimeout: 3000,
    requestTimeout: settings.requestTimeoutMs ?? 10_000,
    enforceRequestTimeout: true,
    metadataMaxAge: 30_000,
    retry,
    allowAutoTopicCreation: false,
    maxInFlightRequests: null,
    isolationLevel: 1,
  })
  tellCoordinatorRefusals(cluster)
  askMetadataLeniently(cluster, metadataRequestV6, metadataResponseV6.decode, protocolErrorOf)
  return cluster
}

export function createAdmin(settings: ConnectionSettings): KafkaJsAdmin {
  const kafka = new Kafka({
    brokers: seeds.inOrder(settings.brokers),
    clientId: settings.clientId,
    logLevel: logLevel.NOTHING,
    connectionTimeout: 3000,
    requestTimeout: settings.requestTimeoutMs ?? 10_000,
    retry,
    ...securityOf(settings),
  })
  return kafka.admin()
}

/** The client keeps its authenticator in the object it is given, so each gets one of its own. */
function securityOf({ ssl, sasl }: ConnectionSettings): Pick<KafkaConfig, 'ssl' | 'sasl'> {
  return {
    ...(ssl === undefined || ssl === false ? {} : { ssl: ssl === true ? {} : ssl }),
    ...(sasl === undefined ? {} : { sasl: { ...sasl } as NonNullable<KafkaConfig['sasl']> }),
  }
}

// After every answer kafkajs sets a timer that sets the next one, each millisecond, on every connection
// and for ever, although nothing waits: 2 % of a processor, and a warning on Node 24. A check that has
// nothing to check is left out; what is throttled schedules its own.
const { prototype: queue } = require('kafkajs/src/network/requestQueue') as {
  prototype: { pending: unknown[]; scheduleCheckPendingRequests: () => void }
}
const scheduleCheck = queue.scheduleCheckPendingRequests
queue.scheduleCheckPendingRequests = function schedule(this: typeof queue): void {
  if (this.pending.length > 0) scheduleCheck.call(this)
}

export const { MemberAssignment, MemberMetadata } = AssignerProtocol
export const transactionCoordinator = 1
export {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  ConfigResourceTypes,
  ResourcePatternTypes,
}
export type { KafkaJsAdmin }

/** Kafka's name of a protocol error, such as NOT_LEADER_FOR_PARTITION; undefined for other errors. */
export function protocolErrorType(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('type' in error)) return undefined
  return typeof error.type === 'string' ? error.type : undefined
}

/** The client's error for an error code of the protocol, with its name and explanation. */
export const protocolErrorOf = (code: number): Error => protocolErrors.createErrorFromCode(code)

const protocolErrors = require('kafkajs/src/protocol/error') as {
  createErrorFromCode: (code: number) => Error & { type: string }
}
