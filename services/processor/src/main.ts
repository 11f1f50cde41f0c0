// Starts the processor.

import { kafkaConnection, platformSettings } from '@fleet/config'
import { runService, systemClock as clock } from '@fleet/runtime'
import { platform, ProvenanceKeyRing } from '@fleet/signatures'
import { asStage, startStages } from '@fleet/stage'
import { createLogger, createMetrics } from '@fleet/telemetry'

import { endpointsById } from './shell/endpoints-by-id.ts'
import { followEndpoints } from './shell/follow-endpoints.ts'
import { openLiveFile } from './shell/live-file.ts'
import { processorStage } from './stage.ts'

const name = 'processor'

await runService(name, async scope => {
  const settings = platformSettings()
  const { mode, logLevel, endpointsFile, provenanceKeysFile } = settings
  const logger = createLogger(name, { level: logLevel })
  const open = <Content>(title: string, path: string, parse: (text: string) => Content) => {
    const file = openLiveFile(parse, { title, path, clock, logger })
    scope.onClose(title, () => file.close())
    return file.current
  }
  const keyRing = open('provenance keys', provenanceKeysFile, text => ProvenanceKeyRing.parse(text))
  const endpoints =
    settings.controlPlane === 'on'
      ? await followEndpoints({ settings, logger, clock, scope })
      : open('endpoints', endpointsFile, text => endpointsById(text, mode))
  await startStages([asStage(processorStage({ settings, keyRing, endpoints, platform }))], {
    name,
    settings: { ...settings, healthPort: settings.healthPorts[name] },
    kafka: kafkaConnection(settings, `fleet-${name}`),
    logger,
    metrics: createMetrics(name),
    scope,
    threads: { count: settings.processorThreads, program: new URL(import.meta.url) },
  })
})
