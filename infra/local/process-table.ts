// Reads what Linux says about processes: whether one lives, when it started, what it holds in memory,
// who listens on a port. Only reads; signals are sent elsewhere.

import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'

const clockTicksPerSecond = 100

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}

/** Fields of /proc/<pid>/stat after the command, which itself may hold spaces and brackets. */
function statFields(pid: number): string[] | null {
  const stat = read(`/proc/${pid}/stat`)
  if (stat === null) return null
  return stat
    .slice(stat.lastIndexOf(')') + 2)
    .trim()
    .split(' ')
}

/**
 * A zombie has let go of all it held once its first thread is its last: as long as another one is
 * still ending, the files are open and the ports taken, though /proc shows nobody who holds them.
 */
function isGone(fields: readonly string[]): boolean {
  const [state, threads] = [fields[0], Number(fields[17])]
  return state === 'X' || (state === 'Z' && threads <= 1)
}

/** Ticks after boot at which the process started, null when it is gone (or gone and not yet buried). */
export function startTicksOf(pid: number): number | null {
  const fields = statFields(pid)
  return fields === null || isGone(fields) ? null : Number(fields[19])
}

export function uptimeSecondsOf(startTicks: number): number {
  const upSeconds = Number((read('/proc/uptime') ?? '0').split(' ')[0])
  return Math.max(0, upSeconds - startTicks / clockTicksPerSecond)
}

function childrenOf(pid: number): number[] {
  const tasks = existsSync(`/proc/${pid}/task`) ? readdirSync(`/proc/${pid}/task`) : []
  return tasks.flatMap(task =>
    (read(`/proc/${pid}/task/${task}/children`) ?? '').split(' ').filter(Boolean).map(Number),
  )
}

function memoryBytesOfOne(pid: number): number {
  const rollup = read(`/proc/${pid}/smaps_rollup`)
  const line = /^Pss:\s+(\d+) kB/m.exec(rollup ?? '')
  return line === null ? 0 : Number(line[1]) * 1024
}

/**
 * Proportional set size of a process and the helpers under it: shared pages are counted in part.
 * `not` names processes that are counted on a line of their own.
 */
export function memoryBytesOf(pid: number, not: ReadonlySet<number> = new Set()): number {
  return childrenOf(pid)
    .filter(child => !not.has(child))
    .reduce((sum, child) => sum + memoryBytesOf(child, not), memoryBytesOfOne(pid))
}

export function commandOf(pid: number): string {
  return (read(`/proc/${pid}/cmdline`) ?? '').replaceAll('\0', ' ').trim()
}

/** Socket inodes that listen on a TCP port. State 0A is LISTEN. */
function listeningInodes(port: number): Set<string> {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const lines = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap(path => (read(path) ?? '').split('\n'))
  const rows = lines.map(line => line.trim().split(/\s+/))
  return new Set(
    rows
      .filter(row => row[3] === '0A' && row[1]?.endsWith(suffix) === true)
      .map(row => row[9] ?? ''),
  )
}

function holdsOneOf(pid: string, inodes: ReadonlySet<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some(descriptor => {
      const target = readlinkSync(`/proc/${pid}/fd/${descriptor}`)
      return target.startsWith('socket:[') && inodes.has(target.slice(8, -1))
    })
  } catch {
    return false // another user's process, or one that just ended
  }
}

/** `taken` without a pid: somebody listens whom we may not look at. */
export type Listener = { taken: false } | { taken: true; pid: number | null }

export function listenerOn(port: number): Listener {
  const inodes = listeningInodes(port)
  if (inodes.size === 0) return { taken: false }
  const pids = readdirSync('/proc').filter(name => /^\d+$/.test(name))
  const holder = pids.find(pid => holdsOneOf(pid, inodes))
  return { taken: true, pid: holder === undefined ? null : Number(holder) }
}
