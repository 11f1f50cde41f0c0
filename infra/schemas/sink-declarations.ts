// schemas/consumers/<sink>.json: what our own stages read of each topic, observed and not claimed. The
// type is that of the newest released version, so that generating again can't hide a changed type, and
// the symbols are those our code was written for, so that it can't hide a new one.

import { platformSettings } from '@fleet/config'
import { fieldsOf } from '@fleet/contract-kit'
import type { Fields } from '@fleet/contract-kit'
import type { Topic } from '@fleet/contracts'
import { accountingSink } from '../../services/accounting-sink/src/index.ts'
import {
  alertingRouter,
  alertingSink,
  readDetectorSettings,
} from '../../services/alerting-sink/src/index.ts'
import { automation, readPolicies } from '../../services/automation/src/index.ts'
import { crmSink } from '../../services/crm-sink/src/index.ts'
import { observeReads } from './observed-reads.ts'
import type { ObservedReads } from './observed-reads.ts'
import { currentSchema, releasedVersions } from './released.ts'

/** Raised by hand, together with the code that handles the new symbol. */
const handledSymbols: Readonly<Record<string, readonly string[]>> = {
  Disposition: ['CURRENT', 'SUPERSEDED'],
  Mode: ['LIVE', 'TEST'],
}

const { detectorsFile, automationPoliciesFile } = platformSettings({})
const detectors = readDetectorSettings(detectorsFile)
const policies = readPolicies(automationPoliciesFile)

const observed: readonly { consumer: string; service: string; observe: () => ObservedReads }[] = [
  { consumer: 'crm-sink', service: 'crm-sink', observe: () => observeReads(crmSink()) },
  {
    consumer: 'accounting-sink',
    service: 'accounting-sink',
    observe: () => observeReads(accountingSink()),
  },
  {
    consumer: 'alerting-router',
    service: 'alerting-sink',
    observe: () => observeReads(alertingRouter({ tickMs: 1000 })),
  },
  {
    consumer: 'alerting-sink',
    service: 'alerting-sink',
    observe: () => observeReads(alertingSink({ detectors })),
  },
  {
    consumer: 'automation',
    service: 'automation',
    observe: () => observeReads(automation({ tickMs: 1000, policies })),
  },
]

/** Text of each declaration by its path. */
export function sinkDeclarations(): Record<string, string> {
  return Object.fromEntries(
    observed.map(({ consumer, service, observe }) => {
      const declaration = {
        $schema: '../consumer.schema.json',
        consumer,
        owner: 'Fleetstream',
        contact: `services/${service}/README.md`,
        schema: 'own',
        reads: [...observe()].map(([topic, paths]) => ({
          topic: topic.name,
          fields: fieldsOfTopic(topic, paths),
        })),
      }
      return [`schemas/consumers/${consumer}.json`, textOf(declaration)] as const
    }),
  )
}

/** Lists of texts on one line, as the formatter writes them. */
function textOf(declaration: object): string {
  const text = JSON.stringify(declaration, null, 2)
  const oneLine = text.replaceAll(/\[\s+("[^"]*"(?:,\s+"[^"]*")*)\s+\]/g, (_, list: string) => {
    return `[${list.replaceAll(/,\s+/g, ', ')}]`
  })
  return `${oneLine}\n`
}

function fieldsOfTopic(topic: Topic, paths: ReadonlySet<string>): Record<string, unknown> {
  const { schema } = topic
  if (schema === null) return {}
  const current = fieldsOf(currentSchema(schema))
  const newest = releasedVersions(schema).at(-1)
  const released: Fields = newest === undefined ? current : fieldsOf(newest.text)
  const declared: Record<string, unknown> = {}
  for (const path of [...paths].toSorted()) {
    const field = released.get(path) ?? current.get(path)
    if (field === undefined || isOnlyAStep(path, field.type, paths)) continue
    const values = handledSymbols[field.type.replace(/\?$/, '')]
    declared[path] = values === undefined ? field.type : { type: field.type, values }
  }
  return declared
}

/** A record that can't be null, whose fields are declared: it says nothing more than they do. */
function isOnlyAStep(path: string, type: string, paths: ReadonlySet<string>): boolean {
  return !type.endsWith('?') && [...paths].some(other => other.startsWith(`${path}.`))
}
