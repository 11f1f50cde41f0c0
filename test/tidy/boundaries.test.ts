// WHO MAY IMPORT WHOM. This table is the architecture: think hard before you change it. An arrow never
// points from a lower layer to a higher one, a core never reaches the world, services never meet.

import assert from 'node:assert/strict'
import { dirname, join, normalize } from 'node:path'
import { test } from 'node:test'

import { importsOf, read, repositoryFiles } from './source-files.ts'

interface Room {
  /** Paths of the room. */
  files: RegExp
  /** Packages of ours it may use. */
  fleet: readonly string[]
  node: boolean
  /** Third-party packages it may use. */
  libraries: readonly string[]
  /** Its relative imports must stay below this folder; default is its package's src. */
  within?: RegExp
}

const everyPackage = [
  'contracts',
  'runtime',
  'config',
  'telemetry',
  'codec',
  'signatures',
  'kafka',
  'dlq',
  'stage',
  'sources',
  'control',
]

const rooms: Record<string, Room> = {
  contracts: { files: /^packages\/contracts\/src\//, fleet: [], node: false, libraries: [] },
  runtime: { files: /^packages\/runtime\/src\//, fleet: [], node: true, libraries: [] },
  config: {
    files: /^packages\/config\/src\//,
    fleet: ['runtime'],
    node: true,
    libraries: ['envalid'],
  },
  telemetry: {
    files: /^packages\/telemetry\/src\//,
    fleet: ['runtime'],
    node: true,
    libraries: [
      'pino',
      '@opentelemetry/api',
      '@opentelemetry/core',
      '@opentelemetry/sdk-metrics',
      '@opentelemetry/exporter-prometheus',
    ],
  },
  codec: {
    files: /^packages\/codec\/src\//,
    fleet: ['contracts', 'runtime'],
    node: true,
    libraries: ['avsc', '@kafkajs/confluent-schema-registry'],
  },
  signatures: {
    files: /^packages\/signatures\/src\//,
    fleet: ['runtime'],
    node: true,
    libraries: [],
  },
  'the kafkajs file': {
    files: /^packages\/kafka\/src\/kafkajs\.ts$/,
    fleet: ['contracts', 'runtime'],
    node: true,
    libraries: ['kafkajs'],
  },
  kafka: {
    files: /^packages\/kafka\/src\//,
    fleet: ['contracts', 'runtime'],
    node: true,
    libraries: ['@node-rs/crc32'],
  },
  'the replay of dead letters': {
    files: /^packages\/dlq\/src\/(shell\/|index\.ts$)/,
    fleet: ['contracts', 'runtime', 'codec', 'kafka', 'signatures', 'sources'],
    node: true,
    libraries: [],
  },
  dlq: {
    files: /^packages\/dlq\/src\//,
    fleet: ['contracts', 'runtime'],
    node: false,
    libraries: [],
  },
  sources: {
    files: /^packages\/sources\/src\//,
    fleet: ['contracts'],
    node: false,
    libraries: ['currency-codes'],
  },
  'the control core': {
    files: /^packages\/control\/src\/core\//,
    fleet: ['contracts', 'sources'],
    node: false,
    libraries: [],
    within: /^packages\/control\/src\/core\//,
  },
  control: {
    files: /^packages\/control\/src\//,
    fleet: ['contracts', 'runtime', 'kafka', 'signatures', 'sources', 'telemetry'],
    node: true,
    libraries: [],
  },
  stage: {
    files: /^packages\/stage\/src\//,
    fleet: ['contracts', 'runtime', 'codec', 'kafka', 'dlq', 'telemetry'],
    node: true,
    libraries: [],
  },
  // fast-check as a type only: it comes in as a parameter.
  'contract-kit': {
    files: /^packages\/contract-kit\/src\//,
    fleet: ['contracts', 'runtime'],
    node: true,
    libraries: ['fast-check'],
  },
  cli: {
    files: /^packages\/cli\/(src|bin)\//,
    fleet: [...everyPackage, 'contract-kit'],
    node: true,
    libraries: ['commander', 'cli-table3', 'picocolors', 'ioredis', 'tsx'],
  },
  'a service core': {
    files: /^services\/[^/]+\/src\/core\//,
    fleet: ['contracts'],
    node: false,
    libraries: [],
    within: /^services\/[^/]+\/src\/core\//,
  },
  'a service shell': {
    files: /^services\/[^/]+\/src\/shell\//,
    fleet: everyPackage,
    node: true,
    libraries: ['express', 'ioredis', 'rate-limiter-flexible'],
  },
  'a service': {
    files: /^services\/[^/]+\/src\//,
    fleet: everyPackage,
    node: true,
    libraries: [],
  },
}

const free = /^(infra|test)\/|^(packages|services)\/[^/]+\/test\//

function roomOf(path: string): [string, Room] | undefined {
  return Object.entries(rooms).find(([, { files }]) => files.test(path))
}

function complaint(path: string, specifier: string, name: string, room: Room): string | null {
  const says = (what: string): string => `${path} (${name}) must not import ${what}`
  if (specifier.startsWith('.')) {
    const target = normalize(join(dirname(path), specifier))
    const home = room.within?.exec(path)?.[0] ?? /^[^/]+\/[^/]+\/(src|bin)\//.exec(path)?.[0] ?? ''
    if (target.startsWith(home)) return null
    // The CLI's bin reaches its own src.
    if (path.startsWith('packages/cli/bin/') && target.startsWith('packages/cli/src/')) return null
    return says(`${target}: outside its room`)
  }
  if (specifier.startsWith('node:')) return room.node ? null : says(specifier)
  if (specifier.startsWith('@fleet/')) {
    const [, other = '', deep] = specifier.split('/')
    if (deep !== undefined) return says(`${specifier}: packages have one door`)
    return room.fleet.includes(other) ? null : says(specifier)
  }
  const known = room.libraries.some(
    library => specifier === library || specifier.startsWith(`${library}/`),
  )
  return known ? null : says(`${specifier}: not a library of this room`)
}

test('every import is allowed by the table', () => {
  const complaints: string[] = []
  for (const path of repositoryFiles(/^(packages|services)\/.*\.(ts|js)$/)) {
    if (free.test(path)) continue
    const found = roomOf(path)
    if (found === undefined) {
      complaints.push(`${path} is in no known room`)
      continue
    }
    for (const specifier of importsOf(read(path))) {
      const problem = complaint(path, specifier, ...found)
      if (problem !== null) complaints.push(problem)
    }
  }
  assert.deepEqual(complaints, [])
})

test('nothing imports infra, test or the testing package from src', () => {
  for (const path of repositoryFiles(/^(packages|services)\/[^/]+\/src\/.*\.ts$/)) {
    for (const specifier of importsOf(read(path))) {
      assert.ok(
        !/@fleet\/testing|(^|\/)(infra|test)\//.test(specifier),
        `${path} imports ${specifier}`,
      )
    }
  }
})

test('exactly one source file imports kafkajs', () => {
  const importers = repositoryFiles(/^(packages|services)\/[^/]+\/src\/.*\.ts$/).filter(path =>
    importsOf(read(path)).some(name => name === 'kafkajs' || name.startsWith('kafkajs/')),
  )
  assert.deepEqual(importers, ['packages/kafka/src/kafkajs.ts'])
})

test('no consumer, no producer and no shared offsets of kafkajs: they lose records (pitfalls P3, P6, P7)', () => {
  const banned = /\.(consumer|producer|sendOffsets)\(\s*[{)]/
  for (const path of repositoryFiles(/^(packages|services)\/[^/]+\/src\/.*\.ts$/)) {
    assert.equal(banned.exec(read(path))?.[0], undefined, path)
  }
  const instances = read('packages/kafka/src/kafkajs.ts').match(/new Kafka\b|\bkafka\.\w+/g)
  assert.deepEqual(instances, ['new Kafka', 'kafka.admin'])
})

test('there is one consume loop: only packages/stage takes records in a loop', () => {
  const loops = repositoryFiles(/^(packages|services)\/[^/]+\/src\/.*\.ts$/).filter(path =>
    /\bhandler\.process\(/.test(read(path)),
  )
  assert.deepEqual(loops, ['packages/stage/src/partition-loop.ts'])
})
