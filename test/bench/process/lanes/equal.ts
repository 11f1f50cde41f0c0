// The equal lane: equal-stage.ts as a service, in as many threads as the processor, until all expected
// records are committed. Threads run this very program, so everything comes from the environment.
//
//   BENCH_EXPECT=300000 BENCH_IN=topic BENCH_OUT=prefix. equal.ts      and FLEET_* as for the processor

import { isMainThread } from 'node:worker_threads'

import { kafkaConnection, platformSettings } from '@fleet/config'
import { runService } from '@fleet/runtime'
import { runStage, startStages } from '@fleet/stage'
import type { AnyStage } from '@fleet/stage'
import { createLogger, createMetrics } from '@fleet/telemetry'

import { equalStage, jsonCodec } from './equal-stage.ts'
import { watch } from './watch.ts'

const name = 'bench-equal'
const { BENCH_IN: input = '', BENCH_OUT: output = '', BENCH_EXPECT: expected = '0' } = process.env

/** As the platform runs it, but for the codec: there is no schema to look up. */
const stage: AnyStage = {
  name: 'crm-sink',
  writes: [],
  run: dependencies => runStage(equalStage(input, output), { ...dependencies, codec: jsonCodec }),
}

await runService(name, async scope => {
  const settings = platformSettings()
  const port = settings.healthPorts.processor
  await startStages([stage], {
    name,
    settings: { ...settings, healthPort: port },
    kafka: kafkaConnection(settings, name),
    logger: createLogger(name, { level: settings.logLevel }),
    metrics: createMetrics(name),
    scope,
    threads: { count: settings.processorThreads, program: new URL(import.meta.url) },
  })
  if (isMainThread) void watch({ port, expected: Number(expected), sampleEvery: 0 })
})
