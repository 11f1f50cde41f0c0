// The runner of the comparison programs, a folder beside this repository: it measures Kafka Streams'
// program and ours alternately, as process groups, and verifies what the first and the equal lane
// wrote.

import { spawn } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'

import { repositoryRoot } from '../../../infra/local/settings.ts'

export interface Peers {
  readonly program: string
  /** Builds, packages, events; kept between runs. */
  readonly workDir: string
  readonly eventsFile: string
}

/** One measurement as the runner prints it. */
export interface PeerResult {
  readonly peer: string
  readonly error?: string
  readonly events_per_s: number
  readonly cpu_s_per_1000: number
  readonly rss_mb: number
  readonly broker_cpu_s_per_1000: number | null
  readonly start_s: number
  readonly host_idle: number
  readonly host_steal: number
  readonly verify: PeerVerdict | null
}

export type PeerVerdict = Readonly<Record<string, number>> & { readonly ok: boolean }

export interface ExtraPeer {
  readonly name: string
  readonly command: string
  readonly verified: boolean
}

/** FLEET_PEERS, else `../shared/peers`; null, with a word, when it is not there. */
export function findPeers(say: (text: string) => void): Peers | null {
  const folder = resolve(
    process.env['FLEET_PEERS'] ?? join(repositoryRoot, '..', 'shared', 'peers'),
  )
  const program = join(folder, 'peers')
  if (!existsSync(program)) {
    say(`no comparison programs at ${folder} (FLEET_PEERS names another folder):`)
    say('only our own lanes are measured, ratios are null')
    return null
  }
  const workDir = resolve(
    process.env['PEERS_DIR'] ?? join(repositoryRoot, '.fleet', 'bench', 'peers'),
  )
  return { program, workDir, eventsFile: join(workDir, 'data', 'events.ndjson') }
}

/** Builds them once (Go, Maven and npm are needed) and generates their events. */
export async function setUpPeers(peers: Peers, say: (text: string) => void): Promise<void> {
  const made = ['bin/peers-kafka', 'streams/classes', 'data/expected.json', 'node/node_modules']
  if (made.every(path => existsSync(join(peers.workDir, path)))) return
  say('setting up the comparison programs, once')
  mkdirSync(peers.workDir, { recursive: true })
  await runPeers(peers, ['setup'], {}, () => {})
  if (!existsSync(join(peers.workDir, 'streams/classes'))) {
    throw new Error('Kafka Streams is not built: install a JDK 17 and Maven')
  }
}

/** One round: Kafka Streams exactly once, then our lanes in the order given. */
export async function measureRound(
  peers: Peers,
  extras: readonly ExtraPeer[],
  environment: Readonly<Record<string, string>>,
): Promise<PeerResult[]> {
  const results: PeerResult[] = []
  const args = ['process', 'streams-eos', '1']
  for (const { name, command, verified } of extras) {
    args.push('--extra-process', name, '--command', command)
    if (!verified) args.push('--no-verify')
  }
  await runPeers(peers, args, environment, line => {
    if (line.startsWith('{"kind":"process"')) results.push(JSON.parse(line) as PeerResult)
  })
  return results
}

/** Deletes what the runner made on the broker. */
export async function cleanPeers(
  peers: Peers,
  environment: Readonly<Record<string, string>>,
): Promise<void> {
  await runPeers(peers, ['clean'], environment, () => {})
}

/** What the verifier found wrong. */
export function wrongIn(verdict: PeerVerdict): number {
  const names = [
    'unread_partitions',
    'missing',
    'duplicates',
    'domain_counts_off',
    'wrong_domain',
    'lww_wrong',
  ]
  const wrong = names.reduce((sum, name) => sum + (verdict[name] ?? 0), 0)
  return verdict.ok ? wrong : Math.max(1, wrong)
}

/** Status 1 means that a measurement failed, which its line says. */
export async function runPeers(
  { program, workDir }: Peers,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  onLine: (line: string) => void,
): Promise<void> {
  const child = spawn(program, args, {
    cwd: repositoryRoot,
    env: { ...process.env, ...environment, PEERS_DIR: workDir },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let tail = ''
  child.stderr.setEncoding('utf8')
  child.stderr.on('data', (text: string) => (tail = (tail + text).slice(-2000)))
  createInterface({ input: child.stdout }).on('line', onLine)
  const code = await new Promise<number | null>((done, fail) => {
    child.on('error', fail)
    child.on('close', done)
  })
  if (code !== 0 && code !== 1) throw new Error(`peers ${args[0]} ended with ${code}:\n${tail}`)
}
