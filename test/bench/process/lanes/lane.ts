// How a lane's process is started: program, arguments and environment, the same whoever starts it.

import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

import { freePorts } from '../../../../infra/local/index.ts'
import { nodeArguments } from '../../../../infra/local/programs.ts'
import { processorNodeOptions } from '../../../../infra/local/service-plans.ts'
import { repositoryRoot } from '../../../../infra/local/settings.ts'
import { provenanceKeysText } from '../load.ts'
import type { Done, Sample } from './watch.ts'

interface LaneSetting {
  readonly brokers: string
  readonly registryUrl: string
  /** Secrets and the schema cache of the full lane. */
  readonly dataDir: string
  /** First part of group and transactional ids: a new one starts from the beginning. */
  readonly environment: string
  readonly partitions: number
}

/** Settings of the processor as it would have them in production, on the benchmark's Kafka. */
export async function processorEnvironment(
  setting: LaneSetting,
  more: Readonly<Record<string, string>> = {},
): Promise<Record<string, string>> {
  const keysFile = join(setting.dataDir, 'secrets', 'provenance.json')
  mkdirSync(join(setting.dataDir, 'secrets'), { recursive: true })
  writeFileSync(keysFile, provenanceKeysText)
  const [port = 0] = await freePorts(1)
  return {
    KAFKA_BROKERS: setting.brokers,
    FLEET_ENV: setting.environment,
    FLEET_DATA_DIR: setting.dataDir,
    FLEET_KAFKA_BROKERS: setting.brokers,
    FLEET_REGISTRY_URL: setting.registryUrl,
    FLEET_PROVENANCE_KEYS_FILE: keysFile,
    FLEET_ENDPOINTS_FILE: join(repositoryRoot, 'infra/local/endpoints.json'),
    FLEET_PARTITIONS: String(setting.partitions),
    FLEET_PROCESSOR_PORT: String(port),
    FLEET_LOG_LEVEL: process.env['FLEET_LOG_LEVEL'] ?? 'warn',
    // The events are of a fixed day; one day they will be older than the default.
    FLEET_STATE_HORIZON_DAYS: '36500',
    ...more,
  }
}

export interface RunningLane {
  readonly child: ChildProcess
  readonly done: Promise<Done>
  readonly samples: readonly Sample[]
  /** SIGTERM; resolves when it has ended. */
  stop(): Promise<void>
}

/** Starts a lane with Node; what else it prints goes to stderr. */
export function startLane(
  program: string,
  environment: Readonly<Record<string, string>>,
  nodeOptions: readonly string[] = [],
): RunningLane {
  const samples: Sample[] = []
  let resolveDone: (done: Done) => void = () => {}
  let rejectDone: (error: Error) => void = () => {}
  const done = new Promise<Done>((resolve, reject) => {
    resolveDone = resolve
    rejectDone = reject
  })
  done.catch(() => {})
  const started = startProgram(program, environment, nodeOptions, line => {
    const [, word = '', json = ''] = /^(DONE|SAMPLE) (.*)$/.exec(line) ?? []
    if (word === 'DONE') resolveDone(JSON.parse(json) as Done)
    else if (word === 'SAMPLE') samples.push(JSON.parse(json) as Sample)
    else process.stderr.write(`${line}\n`)
  })
  started.child.on('exit', code => rejectDone(new Error(`${program} ended early: ${code}`)))
  return { ...started, done, samples }
}

/** Any program of ours, line by line. */
export function startProgram(
  program: string,
  environment: Readonly<Record<string, string>>,
  nodeOptions: readonly string[],
  onLine: (line: string) => void,
): Pick<RunningLane, 'child' | 'stop'> {
  const options = [...processorNodeOptions, ...nodeOptions, ...nodeArguments(program)]
  const child = spawn(process.execPath, options, {
    cwd: repositoryRoot,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = new Promise<void>(resolve => child.on('close', () => resolve()))
  createInterface({ input: child.stdout }).on('line', onLine)
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM')
    await exited
  }
  return { child, stop }
}
