// CPU time of another process, its threads included, from /proc; 0 where there is none.

import { readFileSync } from 'node:fs'

/** USER_HZ, the same on all common Linux platforms. */
const ticksPerSecond = 100

export function cpuSecondsOf(pid: number): number {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // Fields from the third on: the second, the name, may hold spaces.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
  } catch {
    return 0
  }
}
