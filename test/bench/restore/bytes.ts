// Bytes held for a million ids or resources: as events left them, and as a restore does.

import { memoryBytes } from './measure.ts'
import { newLogs, restore } from './restoring.ts'
import type { Logs } from './restoring.ts'
import { startMs, Task } from './task.ts'

const million = 1_000_000
const eventsPerTransaction = 500

type Fill = (task: Task, n: number) => void

export async function bytesOfAMillion(fill: Fill) {
  const held = bytesAsEventsLeaveThem(fill)
  const logs = logsOfAMillion(fill)
  const before = memoryBytes()
  const restored = await restore(logs)
  const restoredBytes = memoryBytes() - before
  // Used, so that nothing of it was thrown away before it was measured.
  if (restored.hash.toString() !== held.hash) throw new Error('restored something else')
  return {
    events_mb: held.bytes / 1e6,
    restored_mb: restoredBytes / 1e6,
    hash_mb: restored.hash.bytes / 1e6,
    changelog_mb: logs.changelog.bytes / 1e6,
    table_mb: logs.table.bytes / 1e6,
  }
}

/** Of a task that is gone when this returns: two of them and the records are more than a heap holds. */
function bytesAsEventsLeaveThem(fill: Fill): { bytes: number; hash: string } {
  const empty = memoryBytes()
  const task = filled(fill, new Task())
  const bytes = memoryBytes() - empty
  return { bytes, hash: task.hash.toString() }
}

/** Written by a task that is gone again. */
function logsOfAMillion(fill: Fill): Logs {
  const logs = newLogs()
  filled(fill, new Task(undefined, logs))
  return logs
}

function filled(fill: Fill, task: Task): Task {
  for (let n = 0; n < million; n++) {
    fill(task, n)
    if (n % eventsPerTransaction === eventsPerTransaction - 1) task.commit(startMs + n)
  }
  return task
}
