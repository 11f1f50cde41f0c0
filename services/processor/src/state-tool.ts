// A program for operators, started by `fleet state`: looks at the processor's changelog or writes it
// anew. The changelog is private to the processor, so its tool is too. One line of JSON a partition on
// standard output; what it does meanwhile on standard error.
//
//   state-tool.ts inspect|rebuild --partition <p> … [--resource <key>] [--dry-run]

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { httpRegistry, openCodec } from '@fleet/codec'
import { kafkaConnection, platformSettings } from '@fleet/config'
import type { PlatformSettings } from '@fleet/config'
import { connectKafka } from '@fleet/kafka'
import { codeOf, messageOf, systemClock, systemIds } from '@fleet/runtime'
import { platform } from '@fleet/signatures'

import { endpointsById } from './shell/endpoints-by-id.ts'
import { digest, policyOf } from './stage.ts'
import { DecodedLogs } from './tool/decoded-logs.ts'
import { inspectPartition } from './tool/inspect-partition.ts'
import { rebuildPartition } from './tool/rebuild-partition.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    partition: { type: 'string', multiple: true, default: [] },
    partitions: { type: 'string' },
    resource: { type: 'string' },
    'dry-run': { type: 'boolean', default: false },
  },
})

async function run(settings: PlatformSettings): Promise<void> {
  const [verb] = positionals
  const stopping = new AbortController().signal
  const broker = connectKafka(kafkaConnection(settings, 'fleet-state'))
  const registry = httpRegistry(settings.registryUrl)
  const cacheFile = join(settings.dataDir, 'schemas', 'processor.json')
  const codec = await openCodec({ registry, cacheFile, clock: systemClock })
  const admin = await broker.openAdmin()
  const reader = await broker.openReader({ maxWaitMs: 100, partitionBytesMax: 4 * 1024 * 1024 })
  const policy = policyOf(settings)
  const partitionCount = Number(values.partitions)
  const state = { windowMs: policy.windowMs, idsMax: settings.seenIdsMax }
  try {
    for (const partition of values.partition.map(Number)) {
      const logs = new DecodedLogs(partition, { admin, reader, codec, stopping })
      process.stderr.write(`${verb} partition ${partition}\n`)
      const report =
        verb === 'inspect'
          ? await inspectPartition(logs, state, partitionCount, values.resource ?? null)
          : await rebuildPartition(logs, {
              broker,
              environment: settings.environment,
              partitionCount,
              state,
              policy,
              endpoints: endpointsById(readFileSync(settings.endpointsFile, 'utf8'), settings.mode),
              platform,
              digest,
              isDryRun: values['dry-run'],
              barrier: systemIds.uuid(),
            })
      process.stdout.write(`${JSON.stringify(report)}\n`)
    }
  } finally {
    await reader.close()
    await admin.close()
  }
}

try {
  await run(platformSettings())
} catch (error) {
  process.stderr.write(`error: ${messageOf(error)} (${codeOf(error)})\n`)
  process.exitCode = 1
}
