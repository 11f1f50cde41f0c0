// Puts the edge together from its ports. main.ts hands in the real ones, tests a memory broker.

import type { Codec } from '@fleet/codec'
import type { PlatformSettings } from '@fleet/config'
import type { Clock, Ids, Scope } from '@fleet/runtime'
import type { Checks, Logger, Metrics } from '@fleet/telemetry'
import { WaitingLimit } from './core/waiting-limit.ts'
import { BodyRoom } from './shell/body-reader.ts'
import type { ControlSource } from './shell/control-directory.ts'
import { DeliveryHandler } from './shell/delivery-handler.ts'
import { EdgeReport } from './shell/edge-report.ts'
import { openEndpointDirectory } from './shell/endpoint-directory.ts'
import type { EndpointDirectory } from './shell/endpoint-directory.ts'
import { createHttpServer } from './shell/http-server.ts'
import type { HttpLimits } from './shell/http-server.ts'
import { createOperationsApp } from './shell/operations-app.ts'
import { KeyUsePublisher } from './shell/key-use-publisher.ts'
import type { KeyUsePublisherOptions, NoteKeyUse } from './shell/key-use-publisher.ts'
import { openProvenanceSigner } from './shell/provenance-signer.ts'
import { privacyOf, trustedProxies } from './shell/proxies.ts'
import { LocalLimits } from './shell/rate-limits.ts'
import type { RateLimits } from './shell/rate-limits.ts'
import { openRawLog } from './shell/raw-log.ts'
import type { LogBroker } from './shell/raw-log.ts'
import { createRawPublisher } from './shell/raw-publisher.ts'
import { createSecurityPublisher } from './shell/security-publisher.ts'
import { SecurityReport } from './shell/security-report.ts'
import { SharedLimits } from './shell/shared-limits.ts'
import { Shedding } from './shell/shedding.ts'
import { openTls } from './shell/tls.ts'
import type { LookAt } from './workers/look.ts'

export interface EdgePorts {
  readonly settings: PlatformSettings
  readonly broker: LogBroker
  /** Where the control plane is read from, when it is on. */
  readonly controlBroker?: ControlSource['broker']
  readonly codec: Codec
  readonly metrics: Metrics
  readonly logger: Logger
  readonly clock: Clock
  readonly ids: Ids
  readonly limits?: Partial<HttpLimits>
  /** From how this process stands to what is shown: as one of several, that of all. */
  readonly shownAs?: (own: LookAt) => LookAt
}

function controlSource({ settings, controlBroker }: EdgePorts): ControlSource | null {
  if (settings.controlPlane === 'off' || controlBroker === undefined) return null
  return { broker: controlBroker, keyRef: settings.controlKeyRef }
}

/** Listens when it resolves; ready when the checks are. The scope closes it, requests first. */
export async function startEdge(scope: Scope, ports: EdgePorts): Promise<{ port: number }> {
  const { settings, codec, metrics, logger, clock } = ports
  const { partitions, mode } = settings
  const directory = openDirectory(scope, ports)
  const signer = openProvenanceSigner({ keysFile: settings.provenanceKeysFile, clock, logger })
  scope.onClose('provenance', () => signer.close())
  const onFatal = (error: unknown): void => scope.fail(error)
  const log = openRawLog({ codec, broker: ports.broker, partitions, clock, logger, onFatal })
  scope.onClose('kafka', () => log.close())

  const appender = (): typeof log.appender => log.appender
  const lost = metrics.counter('fleet_ingest_security_lost_total', 'Security records not written.')
  const publishSecurity = createSecurityPublisher({ codec, appender, partitions, lost })
  const security = new SecurityReport(publishSecurity, clock)
  scope.onClose('security', () => security.close())
  const report = new EdgeReport(metrics, logger, clock, settings.ingest.senderTimeoutMs)
  const publisher = createRawPublisher({
    codec,
    signer,
    appender,
    partitions,
    deadlineMs: settings.ingestDeadlineMs,
    clock,
  })
  metrics.gauge('fleet_ingest_breaker_open', '1: deliveries are refused, Kafka is probed.', () => [
    { value: publisher.isBreakerOpen ? 1 : 0 },
  ])
  const { tls, ...guards } = openGuards(scope, ports)
  const checks = (): Checks => ({
    process: scope.stopping.aborted ? 'stopping' : 'ok',
    endpoints: directory.state,
    provenance: signer.state,
    schemas: log.schemaState,
    kafka: log.kafkaState,
  })
  const own: LookAt = async () => {
    report.arm(directory.ids())
    return { checks: checks(), metrics: await metrics.text() }
  }
  const server = createHttpServer({
    deliveries: new DeliveryHandler({
      directory,
      publisher,
      noteKeyUse: openKeyUses(scope, ports, appender),
      security,
      report,
      clock,
      ids: ports.ids,
      bodyBytesMax: settings.bodyMaxBytes,
      ...guards,
      addressPerSecond: settings.ingestAddressPerSecond,
      isPrivate: privacyOf(mode, guards.proxies),
      stopping: scope.stopping,
    }),
    elsewhere: createOperationsApp({ look: ports.shownAs?.(own) ?? own, logger }),
    report,
    shedding: guards.shedding,
    metrics,
    clock,
    proxies: guards.proxies,
    settings: settings.ingest,
    bodyBytesMax: settings.bodyMaxBytes,
    tls,
    ...(ports.limits === undefined ? {} : { limits: ports.limits }),
  })
  const port = await server.listen(settings.host, settings.ingestPort)
  scope.onClose('http', () => server.drain())
  return { port }
}

function openDirectory(scope: Scope, ports: EdgePorts): EndpointDirectory {
  const { settings, clock, logger } = ports
  const { endpointsFile, dataDir, mode } = settings
  const control = controlSource(ports)
  const files = { endpointsFile, dataDir, mode }
  const directory = openEndpointDirectory({ ...files, clock, logger, control })
  scope.onClose('endpoints', () => directory.close())
  return directory
}

function openKeyUses(
  scope: Scope,
  { clock, logger }: EdgePorts,
  appender: KeyUsePublisherOptions['appender'],
): NoteKeyUse {
  const publisher = new KeyUsePublisher({ appender, clock, logger })
  scope.onClose('key uses', () => publisher.close())
  return (endpointId, keyId, atMs) => publisher.note(endpointId, keyId, atMs)
}

/** What stands between a caller and a delivery. */
function openGuards(scope: Scope, ports: EdgePorts) {
  const { settings, clock, logger, metrics } = ports
  const { ingest } = settings
  const { waitingMax: max, waitMsMax, workAgeMsMax } = ingest
  const mostMax = Math.max(max, ingest.connectionsMax)
  const waitingLimit = new WaitingLimit({ max, mostMax, waitMsMax })
  const room = new BodyRoom(ingest.bodyRoomBytes, waitingLimit)
  const shedding = new Shedding({ workAgeMsMax, metrics, logger, clock })
  metrics.gauge('fleet_ingest_body_bytes', 'Bodies held now.', () => [{ value: room.bytes }])
  metrics.gauge('fleet_ingest_waiting', 'Deliveries read and not yet answered.', () => [
    { value: room.waiting },
  ])
  metrics.gauge(
    'fleet_ingest_waiting_limit',
    'How many may wait as Kafka and the process go now.',
    () => [{ value: waitingLimit.value }],
  )
  const tls = ingest.tls === null ? null : openTls({ ...ingest.tls, clock, logger, metrics })
  scope.onClose('tls', () => tls?.close())
  const limits = openLimits(ports)
  scope.onClose('limits', () => limits.close())
  return {
    room,
    waitingLimit,
    shedding,
    proxies: trustedProxies(ingest.trustedProxies),
    tls,
    limits,
  }
}

function openLimits({ settings, clock, logger, metrics }: EdgePorts): RateLimits {
  const { environment } = settings
  const { limitsRedisUrl: redisUrl } = settings.ingest
  if (redisUrl === null) return new LocalLimits()
  return new SharedLimits({ redisUrl, environment, clock, logger, metrics })
}
