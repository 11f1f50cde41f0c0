// The whole product for an end-to-end test: every service on free ports, on the infrastructure of this
// test run, started by the same code as `make up`.

import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { freePorts } from '../../infra/local/index.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

export interface CommandResult {
  code: number
  stdout: string
  stderr: string
}

export interface System {
  readonly environment: Record<string, string>
  readonly brokers: string
  readonly registryUrl: string
  readonly ingestUrl: string
  readonly apiUrl: string
  fleet(...args: string[]): Promise<CommandResult>
  /** The secret of a demo endpoint. */
  secret(endpoint: string): string
  /** Ends one service's process at once; resolves when the supervisor has started it again. */
  kill(service: string): Promise<void>
  /** Asks one service to stop; resolves when its process is gone. */
  terminate(service: string): Promise<void>
  flushRedis(): Promise<void>
  stop(): Promise<void>
}

async function run(
  command: string,
  args: readonly string[],
  environment: Record<string, string>,
): Promise<CommandResult> {
  const child = spawn(command, args, { cwd: root, env: { ...process.env, ...environment } })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const code = await new Promise<number>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', value => resolve(value ?? -1))
  })
  return { code, stdout, stderr }
}

export async function startSystem(): Promise<System> {
  const names = [
    'FLEET_INGEST_PORT',
    'FLEET_API_PORT',
    'FLEET_PROCESSOR_PORT',
    'FLEET_CRM_SINK_PORT',
    'FLEET_ACCOUNTING_SINK_PORT',
    'FLEET_ALERTING_SINK_PORT',
    'FLEET_AUTOMATION_PORT',
    'FLEET_PROJECTOR_PORT',
  ]
  const ports = await freePorts(names.length)
  const environment: Record<string, string> = {
    DEMO: '0',
    NO_COLOR: '1',
    ...Object.fromEntries(names.map((name, index) => [name, String(ports[index])])),
  }
  const node = (script: string, ...args: string[]): Promise<CommandResult> =>
    run(process.execPath, ['--import', 'tsx', script, ...args], environment)
  const up = await node('infra/local/up.ts')
  if (up.code !== 0) throw new Error(`make up failed:\n${up.stdout}\n${up.stderr}`)
  const setting = (name: string): string => process.env[name] ?? ''
  const dataDir = setting('FLEET_DATA_DIR')
  const pidOf = (service: string): number => {
    const file = join(dataDir, 'pids', `${service}.json`)
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { pid: number }).pid : 0
  }
  return {
    environment,
    brokers: setting('FLEET_KAFKA_BROKERS'),
    registryUrl: setting('FLEET_REGISTRY_URL'),
    ingestUrl: `http://127.0.0.1:${ports[0]}`,
    apiUrl: `http://127.0.0.1:${ports[1]}`,
    fleet: (...args) => node('packages/cli/bin/fleet.js', ...args),
    secret: endpoint => readFileSync(join(dataDir, 'secrets', `${endpoint}.k1`), 'utf8').trimEnd(),
    kill: async service => {
      const pid = pidOf(service)
      process.kill(pid, 'SIGKILL')
      await until(() => pidOf(service) !== pid && pidOf(service) > 0, `${service} is started again`)
    },
    terminate: async service => {
      const pid = pidOf(service)
      process.kill(pid, 'SIGTERM')
      await until(() => pidOf(service) !== pid, `${service} is gone`)
    },
    flushRedis: async () => {
      const { hostname, port } = new URL(setting('FLEET_REDIS_URL'))
      const socket = connect(Number(port), hostname)
      socket.write('FLUSHALL\r\n')
      const [answer] = (await once(socket, 'data')) as [Buffer]
      if (answer.toString() !== '+OK\r\n') throw new Error(`Redis said ${answer.toString()}`)
      socket.destroy()
    },
    stop: async () => {
      await node('infra/local/down.ts', 'services')
    },
  }
}

/** Waits for a condition; fails the test when it does not come. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  deadlineMs = 60_000,
): Promise<void> {
  const end = performance.now() + deadlineMs
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`not within ${deadlineMs} ms: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}
