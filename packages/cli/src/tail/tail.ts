// `fleet tail`: prints a topic's records as they are committed.

import type { InRecord } from '@fleet/kafka'
import { exitCodes, UsageError } from '../exit-code.ts'
import type { ExitCode } from '../exit-code.ts'
import { withKafka } from '../kafka.ts'
import { registryCodec, withRegistry } from '../registry.ts'
import { readSettings } from '../settings.ts'
import { findTopic } from '../topic-name.ts'
import type { Context } from '../verb.ts'
import { followTopic } from './follow-topic.ts'
import { readableOf } from './readable.ts'
import { renderRecord } from './render-record.ts'
import { decodeRecords, jsonOf } from './shown-record.ts'
import { parseStart } from './start.ts'

export interface TailOptions {
  from: string
  max?: string
  timeout?: string
  key?: string
  partition?: string
}

export async function tailTopic(
  context: Context,
  name: string,
  options: TailOptions,
): Promise<ExitCode> {
  const topic = findTopic(name)
  const plan = {
    topic: topic.name,
    start: parseStart(options.from),
    recordsMax: wholeNumber('--max', options.max, 1) ?? Infinity,
    timeoutMs: seconds(options.timeout),
    partition: wholeNumber('--partition', options.partition, 0),
    accept: (record: InRecord) =>
      options.key === undefined || record.key?.toString('utf8') === options.key,
  }
  const settings = readSettings()
  const { registryUrl } = settings
  const present = context.json ? jsonOf : (value: unknown) => readableOf(value)
  const codec = await registryCodec(registryUrl, context.clock)
  await withKafka(context, settings, kafka =>
    followTopic(context, kafka, plan, async records => {
      const shown = await withRegistry(registryUrl, () =>
        decodeRecords(codec, topic, records, present),
      )
      for (const record of shown) {
        const line = context.json
          ? `${JSON.stringify(record)}\n`
          : renderRecord(context.terminal.colors, record)
        context.terminal.write(line)
      }
    }),
  )
  return exitCodes.ok
}

function wholeNumber(option: string, text: string | undefined, min: number): number | null {
  if (text === undefined) return null
  const value = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= min) return value
  throw new UsageError(`${option} must be a whole number of at least ${min}`)
}

function seconds(text: string | undefined): number | null {
  if (text === undefined) return null
  const value = Number(text)
  if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return value * 1000
  throw new UsageError('--timeout must be a number of seconds, 0 or more')
}
