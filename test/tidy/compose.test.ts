// Keeps docker-compose.yml and infra/local the same system: same parts, ports, variables, settings and
// versions. It reads files only; nothing is started.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { platformSpec } from '@fleet/config'
import { parse } from 'yaml'

import { brokerSettings, clusterId } from '../../infra/local/kafka.ts'
import { redisSettings } from '../../infra/local/redis.ts'
import { registrySettings } from '../../infra/local/registry.ts'
import { serviceAddresses } from '../../infra/local/service-plans.ts'
import { localPorts, readLocalSettings, repositoryRoot } from '../../infra/local/settings.ts'

interface ComposeService {
  readonly image?: string
  readonly build?: { readonly dockerfile: string; readonly args: Record<string, string> }
  readonly environment?: Record<string, string | number>
  readonly ports?: readonly string[]
  readonly command?: string | readonly string[]
  readonly healthcheck?: { readonly test: readonly string[] }
  readonly depends_on?: Record<string, { readonly condition: string }>
}

function read(path: string): string {
  return readFileSync(join(repositoryRoot, path), 'utf8')
}

const compose = parse(read('docker-compose.yml'), { merge: true }) as {
  services: Record<string, ComposeService>
}
const { services } = compose
const defaults = readLocalSettings({})
const localServices = serviceAddresses(defaults.platform)

function service(name: string): ComposeService {
  const found = services[name]
  assert.ok(found !== undefined, `docker-compose.yml has no ${name}`)
  return found
}

/** What a value is when no variable is set: `${NAME:-fallback}` becomes the fallback. */
function withFallbacks(text: string): string {
  return text.replaceAll(/\$\{[A-Z_]+:-([^}]*)\}/g, '$1')
}

function versions(): Map<string, string> {
  const lines = read('.env.versions').split('\n')
  const pairs = lines.filter(line => /^[A-Z]/.test(line)).map(line => line.split('='))
  return new Map(pairs.map(([name = '', value = '']) => [name, value]))
}

function pinnedInPom(property: string): string | undefined {
  return new RegExp(`<${property}>([^<]+)</`).exec(read('infra/local/pom.xml'))?.[1]
}

test('docker-compose.yml has the parts of make up, and the one-shot setup', () => {
  const local = ['kafka', 'registry', 'redis', 'setup', ...localServices.map(({ name }) => name)]
  assert.deepEqual(Object.keys(services).toSorted(), local.toSorted())
})

test('every part is published on loopback at the port it has locally', () => {
  const ports = { ...localPorts(defaults.platform, {}) } as Record<string, number>
  for (const { name, port } of localServices) ports[name] = port
  for (const [name, port] of Object.entries(ports)) {
    const published = service(name).ports?.map(withFallbacks) ?? []
    assert.equal(published.length, 1, name)
    assert.ok(published[0]?.startsWith(`127.0.0.1:${port}:`), `${name}: ${published[0]}`)
  }
})

test('a port that a variable moves locally is moved by the same variable', () => {
  const variables = new Map([
    ['kafka', 'FLEET_KAFKA_PORT'],
    ['registry', 'FLEET_REGISTRY_PORT'],
    ['redis', 'FLEET_REDIS_PORT'],
    ...localServices.map(({ name, portVariable }) => [name, portVariable] as const),
  ])
  for (const [name, variable] of variables) {
    assert.match(service(name).ports?.[0] ?? '', new RegExp(`\\$\\{${variable}:-\\d+\\}`), name)
  }
})

/** Read by Node itself. */
const ofNode = new Set(['NODE_OPTIONS'])

test('services are given no variable that the platform does not know', () => {
  for (const { name } of localServices) {
    const unknown = Object.keys(service(name).environment ?? {}).filter(
      variable => !(variable in platformSpec || ofNode.has(variable)),
    )
    assert.deepEqual(unknown, [], name)
  }
})

test('a setting with a default has the same default in docker-compose.yml', () => {
  const same = ['FLEET_MODE', 'FLEET_ENV', 'FLEET_KAFKA_PORT', 'FLEET_REGISTRY_PORT']
  same.push('FLEET_REDIS_PORT', 'FLEET_INGEST_PORT', 'FLEET_API_PORT', 'FLEET_ENDPOINTS_FILE')
  same.push('FLEET_DEDUPE_WINDOW_HOURS', 'FLEET_MAX_SKEW_SECONDS', 'FLEET_STATE_HORIZON_DAYS')
  same.push('FLEET_BODY_MAX_BYTES', 'FLEET_INGEST_DEADLINE_MS')
  const environment = service('ingester').environment ?? {}
  for (const name of same) {
    const { default: fallback } = platformSpec[name as keyof typeof platformSpec] as {
      default?: unknown
    }
    assert.equal(withFallbacks(String(environment[name])), String(fallback), name)
  }
  assert.equal(
    withFallbacks(String(environment['FLEET_PARTITIONS'])),
    String(defaults.platform.partitions),
  )
})

test('the broker has the settings of the local broker', () => {
  const environment = service('kafka').environment ?? {}
  assert.equal(environment['CLUSTER_ID'], clusterId)
  for (const [name, value] of Object.entries(brokerSettings())) {
    const variable = `KAFKA_${name.replaceAll('.', '_').toUpperCase()}`
    assert.equal(String(environment[variable]), String(value), variable)
  }
})

test('the registry has the settings of the local registry', () => {
  const environment = service('registry').environment ?? {}
  for (const [name, value] of Object.entries(registrySettings)) {
    assert.equal(environment[name], value, name)
  }
})

test('Redis has the settings of the local Redis', () => {
  const command = String(service('redis').command)
  for (const [name, value] of Object.entries(redisSettings)) {
    assert.ok(command.includes(`--${name} ${value}`), `--${name} ${value}`)
  }
})

test('images, pom.xml and .env.versions name the same versions', () => {
  const pinned = versions()
  const image = (name: string): string => withFallbacks(service(name).image ?? '')
  assert.equal(image('kafka'), `apache/kafka:${pinned.get('KAFKA_VERSION')}`)
  assert.equal(image('registry'), `apicurio/apicurio-registry:${pinned.get('REGISTRY_VERSION')}`)
  assert.equal(image('redis'), `redis:${pinned.get('REDIS_VERSION')}-alpine`)
  assert.equal(pinnedInPom('kafka.version'), pinned.get('KAFKA_VERSION'))
  assert.equal(pinnedInPom('registry.version'), pinned.get('REGISTRY_VERSION'))
})

test('every service is built from the one recipe with its own name', () => {
  for (const name of ['setup', ...localServices.map(local => local.name)]) {
    const build = service(name).build
    assert.equal(build?.dockerfile, 'infra/images/service.Dockerfile')
    assert.equal(build.args['SERVICE'], name)
    assert.equal(
      withFallbacks(build.args['NODE_VERSION'] ?? ''),
      versions().get('NODE_VERSION'),
      name,
    )
  }
  assert.doesNotMatch(read('infra/images/service.Dockerfile'), /FROM node:\d/)
})

test('services wait for the setup, the setup for a healthy Kafka and registry', () => {
  const completed = { condition: 'service_completed_successfully' }
  for (const { name } of localServices) {
    assert.deepEqual(service(name).depends_on?.['setup'], completed, name)
    assert.ok(service(name).healthcheck !== undefined, name)
  }
  const healthy = { condition: 'service_healthy' }
  assert.deepEqual(service('setup').depends_on, { kafka: healthy, registry: healthy })
})

const plugin = spawnSync('docker', ['compose', 'version']).status === 0
test(
  'docker compose accepts the file',
  { skip: plugin ? false : 'the compose plugin of Docker is not installed here' },
  () => {
    const { status, stderr } = spawnSync('docker', ['compose', 'config', '-q'], {
      cwd: repositoryRoot,
      encoding: 'utf8',
    })
    assert.equal(status, 0, stderr)
  },
)
