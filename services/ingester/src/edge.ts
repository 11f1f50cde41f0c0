// Puts the edge together from its ports. main.ts hands in the real ones, tests a memory broker.

import type { Codec } from '@fleet/codec'
import type { PlatformSettings } from '@fleet/config'
import type { Clock, Ids, Scope } from '@fleet/runtime'
import type { Checks, Logger, Metrics } from '@fleet/telemetry'
import { DeliveryHandler } from './shell/delivery-handler.ts'
import { EdgeReport } from './shell/edge-report.ts'
import { openEndpointDirectory } from './shell/endpoint-directory.ts'
import { createHttpServer } from './shell/http-server.ts'
import type { HttpLimits } from './shell/http-server.ts'
import { createOperationsApp } from './shell/operations-app.ts'
import { openProvenanceSigner } from './shell/provenance-signer.ts'
import { openRawLog } from './shell/raw-log.ts'
import type { LogBroker } from './shell/raw-log.ts'
import { createRawPublisher } from './shell/raw-publisher.ts'
import { createSecurityPublisher } from './shell/security-publisher.ts'

export interface EdgePorts {
  readonly settings: PlatformSettings
  readonly broker: LogBroker
  readonly codec: Codec
  readonly metrics: Metrics
  readonly logger: Logger
  readonly clock: Clock
  readonly ids: Ids
  readonly limits?: Partial<HttpLimits>
}

/** Listens when it resolves; ready when the checks are. The scope closes it, requests first. */
export async function startEdge(scope: Scope, ports: EdgePorts): Promise<{ port: number }> {
  const { settings, codec, metrics, logger, clock } = ports
  const { partitions, mode, dataDir, endpointsFile } = settings
  const directory = openEndpointDirectory({ endpointsFile, dataDir, mode, clock, logger })
  scope.onClose('endpoints', () => directory.close())
  const keysFile = settings.provenanceKeysFile
  const signer = openProvenanceSigner({ keysFile, clock, logger })
  scope.onClose('provenance', () => signer.close())
  const onFatal = (error: unknown): void => scope.fail(error)
  const log = openRawLog({ codec, broker: ports.broker, partitions, clock, logger, onFatal })
  scope.onClose('kafka', () => log.close())

  const appender = (): typeof log.appender => log.appender
  const lost = metrics.counter('fleet_ingest_security_lost_total', 'Security records not written.')
  const report = new EdgeReport(metrics, logger, clock)
  const checks = (): Checks => ({
    process: scope.stopping.aborted ? 'stopping' : 'ok',
    endpoints: directory.state,
    provenance: signer.state,
    schemas: log.schemaState,
    kafka: log.kafkaState,
  })
  const server = createHttpServer({
    deliveries: new DeliveryHandler({
      directory,
      publisher: createRawPublisher({
        codec,
        signer,
        appender,
        partitions,
        deadlineMs: settings.ingestDeadlineMs,
        clock,
      }),
      publishSecurity: createSecurityPublisher({ codec, appender, partitions, lost }),
      report,
      clock,
      ids: ports.ids,
      bodyBytesMax: settings.bodyMaxBytes,
      addressPerSecond: settings.ingestAddressPerSecond,
      stopping: scope.stopping,
    }),
    elsewhere: createOperationsApp({ metrics, checks, logger }),
    report,
    clock,
    ...(ports.limits === undefined ? {} : { limits: ports.limits }),
  })
  const port = await server.listen(settings.host, settings.ingestPort)
  scope.onClose('http', () => server.drain())
  return { port }
}
