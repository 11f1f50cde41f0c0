// Runs the tests: `unit` (no server needed; on this Node and on Node 24 where it can be had), then
// `integration` (a real Kafka, registry and Redis of their own, on free ports, beside a running
// `make up`; end to end included), `programs` (the short forms of the simulator and of the fault
// harness, one test each). Ends with one plain line: N passed, N failed, N skipped.

import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

import { freePorts, startInfrastructure } from '../infra/local/index.ts'
import { failuresIn } from './support/tap-failures.ts'
import { repositoryFiles } from './tidy/source-files.ts'

const nodeVersion = /^NODE_VERSION=(.+)$/m.exec(
  readFileSync(new URL('../.env.versions', import.meta.url), 'utf8'),
)?.[1]
const node24Package = `node-linux-${process.arch}@${nodeVersion}`
const fileMsMax = 420_000
const programMsMax = 900_000
/** Of what a program said, with its failure at the end of the run. */
const saidLinesMax = 40
const root = fileURLToPath(new URL('../', import.meta.url))

interface Counts {
  passed: number
  failed: number
  skipped: number
}

const total: Counts = { passed: 0, failed: 0, skipped: 0 }
/** Said once more at the very end, where a reader of a long log looks. */
const failures: string[] = []
const say = (text: string): boolean => process.stdout.write(`${text}\n`)

/** One run of Node's test runner; its counts are added to the total. */
async function runTests(
  label: string,
  node: string,
  loader: readonly string[],
  files: readonly string[],
  environment: Record<string, string>,
  concurrency: number,
): Promise<void> {
  const started = performance.now()
  const folder = mkdtempSync(join(tmpdir(), 'fleet-tests-'))
  const tap = join(folder, 'results.tap')
  say(`\n== ${label}: ${files.length} files`)
  const child = spawn(
    node,
    [
      ...loader,
      '--test',
      `--test-concurrency=${concurrency}`,
      // A file that hangs is a failure with a name, not a run without end.
      `--test-timeout=${fileMsMax}`,
      '--test-reporter=spec',
      '--test-reporter-destination=stdout',
      '--test-reporter=tap',
      `--test-reporter-destination=${tap}`,
      ...files,
    ],
    { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, ...environment } },
  )
  const code = await new Promise<number | null>(done => child.on('close', done))
  const results = existsSync(tap) ? readFileSync(tap, 'utf8') : ''
  const count = (name: string): number =>
    Number(new RegExp(`^# ${name} (\\d+)$`, 'm').exec(results)?.[1] ?? 0)
  rmSync(folder, { recursive: true, force: true })
  failures.push(...failuresIn(results).map(text => `${label}: ${text}`))
  const failed = count('fail') + count('cancelled')
  total.passed += count('pass')
  // A runner that died without counting is a failure of its own.
  total.failed += failed === 0 && code !== 0 ? 1 : failed
  total.skipped += count('skipped') + count('todo')
  say(`== ${label}: ${Math.round((performance.now() - started) / 1000)} s`)
}

/** Node 24 from npm, into the data folder; null with a reason on stdout where it can't be had. */
function node24(): string | null {
  const folder = resolve(root, process.env['FLEET_DATA_DIR'] ?? '.fleet', 'dist', 'node24')
  const binary = join(folder, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node')
  if (existsSync(binary)) return binary
  mkdirSync(folder, { recursive: true })
  try {
    const options = ['--no-save', '--no-audit', '--no-fund', '--loglevel=error']
    execFileSync('npm', ['install', '--prefix', folder, ...options, node24Package], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: 240_000,
    })
    execFileSync(binary, ['--version'])
    return binary
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
    say(`\n== unit on Node 24: left out, ${node24Package} can't be had here (${reason})`)
    return null
  }
}

const isTest = /^(packages|services|test)\/.*\.test\.ts$/
const isIntegration = /\.integration\.test\.ts$|^test\/e2e\//

async function unit(): Promise<void> {
  const files = repositoryFiles(isTest).filter(path => !isIntegration.test(path))
  await runTests('unit', process.execPath, ['--import', 'tsx'], files, {}, 2)
  if (process.env['FLEET_TEST_NODE24'] === '0') return
  const other = node24()
  // What is delivered; the repository's own tools and their tests run on Node 20 alone.
  const again = files.filter(path => !path.startsWith('test/'))
  if (other !== null) await runTests('unit on Node 24', other, [], again, {}, 2)
}

async function integration(): Promise<void> {
  const files = repositoryFiles(isTest).filter(path => isIntegration.test(path))
  const dataDir = mkdtempSync(join(tmpdir(), 'fleet-it-'))
  const [kafkaPort = 0, registryPort = 0, redisPort = 0] = await freePorts(3)
  say('\n== starting Kafka, registry and Redis for the tests')
  const infrastructure = await startInfrastructure({
    dataDir,
    kafkaPort,
    registryPort,
    redisPort,
    partitions: 6,
  })
  try {
    const environment = {
      FLEET_DATA_DIR: dataDir,
      FLEET_DIST_DIR: resolve(
        root,
        process.env['FLEET_DIST_DIR'] ?? join(process.env['FLEET_DATA_DIR'] ?? '.fleet', 'dist'),
      ),
      FLEET_KAFKA_BROKERS: infrastructure.brokers.join(','),
      FLEET_KAFKA_PORT: String(kafkaPort),
      FLEET_REGISTRY_URL: infrastructure.registryUrl,
      FLEET_REGISTRY_PORT: String(registryPort),
      FLEET_REDIS_URL: infrastructure.redisUrl,
      FLEET_REDIS_PORT: String(redisPort),
    }
    await runTests(
      'integration and end to end',
      process.execPath,
      ['--import', 'tsx'],
      files,
      environment,
      1,
    )
  } finally {
    await infrastructure.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

/**
 * A program that judges for itself: exit status 0 is one test passed. `beside` runs it while other tests
 * do, at the lowest priority, and says what it said when it has ended.
 */
async function program(label: string, args: readonly string[], beside = false): Promise<void> {
  const started = performance.now()
  const command = [process.execPath, '--import', 'tsx', ...args]
  if (beside) command.unshift('nice', '-n', '19')
  else say(`\n== ${label}`)
  const [file = '', ...rest] = command
  const output = beside ? 'pipe' : 'inherit'
  const child = spawn(file, rest, { cwd: root, stdio: ['ignore', output, output] })
  const said: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => said.push(chunk))
  }
  // Asked first: it has processes of its own to end.
  const timer = setTimeout(() => child.kill('SIGTERM'), programMsMax)
  const lastTimer = setTimeout(() => child.kill('SIGKILL'), programMsMax + 60_000)
  const status = await new Promise<number | null>(done => child.on('close', done))
  clearTimeout(timer)
  clearTimeout(lastTimer)
  const text = Buffer.concat(said).toString('utf8')
  if (beside) say(`\n== ${label}, beside the tests above\n${text}`)
  if (status === 0) total.passed++
  else {
    total.failed++
    const end = text.trimEnd().split('\n').slice(-saidLinesMax).join('\n')
    failures.push(`${label}: the program ended with status ${status}\n${end}`)
  }
  const seconds = Math.round((performance.now() - started) / 1000)
  say(`== ${label}: ${status === 0 ? 'passed' : 'FAILED'}, ${seconds} s`)
}

const simulation = (beside = false): Promise<void> =>
  program('simulation, 2,000 seeds', ['test/simulation/main.ts', '--seeds', '2000'], beside)
const faults = (): Promise<void> =>
  program('faults, every kind once', ['test/faults/main.ts', '--short'])

/** The integration tests wait more than they work: the simulator takes what they leave. */
async function all(): Promise<void> {
  await unit()
  const beside = simulation(true)
  try {
    await integration()
  } finally {
    await beside
  }
  await faults()
}

async function programs(): Promise<void> {
  await simulation()
  await faults()
}

const parts = { all, unit, integration, programs }
const which = process.argv[2] ?? 'all'
if (!Object.hasOwn(parts, which)) {
  process.stderr.write(`usage: test/run.ts [${Object.keys(parts).join('|')}]\n`)
  process.exit(2)
}
await parts[which as keyof typeof parts]()
if (failures.length > 0) say(`\n== what failed\n\n${failures.join('\n\n')}`)
say(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
process.exitCode = total.failed === 0 ? 0 : 1
