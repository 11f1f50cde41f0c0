// The rights in infra/acls/acls.json are those that the stages declare, neither more nor less.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { platformSettings } from '@fleet/config'
import { groupIdOf, topics, transactionalIdOf } from '@fleet/contracts'
import type { ServiceName, Topic } from '@fleet/contracts'
import { platform, ProvenanceKeyRing } from '@fleet/signatures'

import { aclsOf, aclsText } from '../../infra/acls/declared-acls.ts'
import { accountingSink } from '../../services/accounting-sink/src/index.ts'
import {
  alertingRouter,
  alertingSink,
  readDetectorSettings,
} from '../../services/alerting-sink/src/index.ts'
import { automation, readPolicies } from '../../services/automation/src/index.ts'
import { crmSink } from '../../services/crm-sink/src/index.ts'
import { processorStage } from '../../services/processor/src/index.ts'

interface Declared {
  lettersReturn?: 'as-input'
  readonly name: keyof typeof topics.changelogs
  readonly inputs: readonly Topic[]
  readonly outputs: readonly Topic[]
}

const noKeys = ProvenanceKeyRing.parse(
  JSON.stringify({ keys: [{ id: 'k', key_base64: Buffer.alloc(32, 7).toString('base64') }] }),
)
const processor = processorStage({
  settings: { dedupeWindowHours: 1, maxSkewSeconds: 1, stateHorizonDays: 1, seenIdsMax: 1000 },
  keyRing: () => noKeys,
  endpoints: () => new Map(),
  platform,
})
const stages: Partial<Record<ServiceName, readonly Declared[]>> = {
  processor: [processor],
  'crm-sink': [crmSink()],
  'accounting-sink': [accountingSink()],
  'alerting-sink': [
    alertingRouter({ tickMs: 1000 }),
    alertingSink({ detectors: readDetectorSettings(platformSettings({}).detectorsFile) }),
  ],
  automation: [
    automation({
      tickMs: 1000,
      policies: readPolicies(platformSettings({}).automationPoliciesFile),
    }),
  ],
}

/** The control plane is followed beside the stages. */
const followed: Partial<Record<ServiceName, readonly string[]>> = {
  processor: [topics.control.name],
}

function rightsOf(service: ServiceName, operation: string): string[] {
  return aclsOf(service)
    .filter(({ resource, operations }) => resource === 'TOPIC' && operations.includes(operation))
    .map(({ name }) => name)
    .toSorted()
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)].toSorted()
}

for (const [service, declared] of Object.entries(stages) as [ServiceName, Declared[]][]) {
  test(`${service} may read its inputs, what came back and what it wrote, and nothing else`, () => {
    const read = declared.flatMap(({ name, inputs, outputs, lettersReturn }) => [
      ...inputs.map(topic => topic.name),
      // For a rebuild of its memory.
      ...outputs.map(topic => topic.name),
      topics.deadLetters[name].name,
      ...(lettersReturn === 'as-input' ? [] : [topics.redrive.name]),
      topics.changelogs[name].name,
    ])
    assert.deepEqual(rightsOf(service, 'READ'), unique([...read, ...(followed[service] ?? [])]))
  })

  test(`${service} may write its outputs, dead letters and changelogs, and nothing else`, () => {
    const written = declared.flatMap(({ name, outputs }) => [
      ...outputs.map(topic => topic.name),
      topics.changelogs[name].name,
      topics.deadLetters[name].name,
    ])
    assert.deepEqual(rightsOf(service, 'WRITE'), unique(written))
  })

  test(`${service} has the groups and transactional ids of its stages alone`, () => {
    const rights = aclsOf(service)
    const of = (kind: string): string[] =>
      rights.filter(({ resource }) => resource === kind).map(({ name }) => name)
    assert.deepEqual(
      of('GROUP'),
      declared.map(({ name }) => groupIdOf('{env}', name)),
    )
    const prefixes = of('TRANSACTIONAL_ID')
    assert.equal(prefixes.length, declared.length)
    for (const [index, { name }] of declared.entries()) {
      const id = transactionalIdOf('{env}', name, 11)
      assert.ok(id.startsWith(prefixes[index] ?? 'none'), id)
      // Generation 1 must not cover generation 10.
      assert.ok(prefixes[index]?.endsWith('.'))
    }
  })
}

test('raw is written by the ingester and by replays, and the ingester can not read it', () => {
  const writers = [...aclsText().matchAll(/"service": "([a-z-]+)"/g)]
    .map(([, service = '']) => service)
    .filter(service => service !== 'operators')
    .filter(service => rightsOf(service as ServiceName, 'WRITE').includes(topics.raw.name))
  assert.deepEqual(writers, ['api', 'ingester', 'redrive'])
  assert.ok(!rightsOf('ingester', 'READ').includes(topics.raw.name))
})

test('no service may create, delete or alter anything', () => {
  const file = JSON.parse(aclsText()) as { users: { acls: { operations: string[] }[] }[] }
  const operations = file.users.flatMap(({ acls }) => acls.flatMap(acl => acl.operations))
  assert.deepEqual(unique(operations), ['DESCRIBE', 'DESCRIBE_CONFIGS', 'READ', 'WRITE'])
})
