// Gives a process and all that it started a share of one processor, by a cgroup of Linux, so that a client
// on the same machine can offer several times what it can do.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { messageOf } from '@fleet/runtime'

/** Short, so that a process is slowed and not stopped for long. */
const periodMicros = 10_000

export interface Confined {
  release(): void
}

/** Why not, where it can't be done: another system, no right to, no controller. */
export function confine(pid: number, cpuShare: number): Confined | string {
  const group = groupHere()
  if (group === null) return 'there is no cgroup with a cpu controller'
  try {
    mkdirSync(group.folder)
    const quota = Math.round(cpuShare * periodMicros)
    for (const [file, text] of group.limits(quota)) writeFileSync(join(group.folder, file), text)
    move(treeOf(pid), group.folder)
  } catch (error) {
    release(group, pid)
    return messageOf(error)
  }
  return { release: () => release(group, pid) }
}

interface Group {
  readonly parent: string
  readonly folder: string
  readonly limits: (quotaMicros: number) => readonly (readonly [file: string, text: string])[]
}

const root = '/sys/fs/cgroup'
const name = `fleet-overload-${process.pid}`

function groupHere(): Group | null {
  const controllers = join(root, 'cgroup.subtree_control')
  if (existsSync(controllers)) {
    if (!readFileSync(controllers, 'utf8').split(/\s+/).includes('cpu')) return null
    const limits = (quota: number) => [['cpu.max', `${quota} ${periodMicros}`]] as const
    return { parent: root, folder: join(root, name), limits }
  }
  const parent = join(root, 'cpu')
  if (!existsSync(join(parent, 'cpu.cfs_quota_us'))) return null
  const limits = (quota: number) =>
    [
      ['cpu.cfs_period_us', String(periodMicros)],
      ['cpu.cfs_quota_us', String(quota)],
    ] as const
  return { parent, folder: join(parent, name), limits }
}

/** What ran in it goes on without a limit. */
function release({ parent, folder }: Group, pid: number): void {
  if (!existsSync(folder)) return
  try {
    move(treeOf(pid), parent)
    rmdirSync(folder)
  } catch {
    // A process that is ending still stands in it; an empty group costs nothing.
  }
}

function move(pids: readonly number[], folder: string): void {
  for (const pid of pids) writeFileSync(join(folder, 'cgroup.procs'), String(pid))
}

/** A process and all that it started. */
export function treeOf(pid: number): number[] {
  const parents = new Map<number, number>()
  for (const entry of readdirSync('/proc')) {
    if (/^\d+$/.test(entry)) parents.set(Number(entry), parentOf(entry))
  }
  const tree = [pid]
  for (const member of tree) {
    for (const [child, parent] of parents) if (parent === member) tree.push(child)
  }
  return tree
}

function parentOf(pid: string): number {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1])
  } catch {
    return 0
  }
}
