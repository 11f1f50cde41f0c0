// The counting stage as a process of its own, for tests that stop, freeze and kill it. Arguments:
// brokers, topic prefix, session timeout in milliseconds. Says what happens as JSON lines on stdout.

import { createHash } from 'node:crypto'

import { memoryRegistry, openCodec } from '@fleet/codec'
import { connectKafka } from '@fleet/kafka'
import { messageOf, runService, systemClock, systemIds, systemRandom } from '@fleet/runtime'
import { createLogger, createMetrics } from '@fleet/telemetry'
import { runStage, StageMeters } from '../src/index.ts'
import { countingStage } from './counting-stage.ts'
import { topicsUsed } from './counting-topics.ts'
import { prefixed } from './prefixed-broker.ts'

const [brokers = '', prefix = '', sessionTimeoutMs = '6000'] = process.argv.slice(2)

await runService('counting', async scope => {
  // Every process registers the same schemas in the same order, so the ids agree.
  const codec = await openCodec({ registry: memoryRegistry(), cacheFile: null, clock: systemClock })
  for (const topic of topicsUsed) if (topic.schema !== null) await codec.load([topic])
  const running = await runStage(countingStage(), {
    environment: prefix,
    broker: prefixed(connectKafka({ brokers: brokers.split(','), clientId: 'counting' }), prefix),
    codec,
    metrics: new StageMeters(createMetrics('counting')).forStage('crm-sink'),
    logger: createLogger('counting', { level: 'info' }),
    clock: systemClock,
    ids: systemIds,
    random: systemRandom,
    sessionTimeoutMs: Number(sessionTimeoutMs),
    sha256Hex: text => createHash('sha256').update(text).digest('hex'),
  })
  scope.onClose('stage', () => running.stop())
  running.failed.catch((error: unknown) => {
    process.stderr.write(`${messageOf(error)}\n`)
    scope.fail(error)
  })
})
