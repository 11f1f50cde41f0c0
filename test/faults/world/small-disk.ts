// A disk that can be full: a small file system in memory for one broker's log folder, shrunk to what it
// holds. Where mounting is refused, the broker's own file size limit is lowered instead; where that is
// refused too, there is no full disk and the report says so.

import { execFile } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { promisify } from 'node:util'

const run = promisify(execFile)

export interface SmallDisk {
  /** For the report. */
  readonly kind: 'file system' | 'file size limit'
  fill(brokerPid: number): Promise<void>
  free(): Promise<void>
  remove(): Promise<void>
}

export async function smallDisk(folder: string, megabytes: number): Promise<SmallDisk | null> {
  mkdirSync(folder, { recursive: true })
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder])
    return mounted(folder, megabytes)
  } catch {
    return limited()
  }
}

function mounted(folder: string, megabytes: number): SmallDisk {
  const resize = (size: string): Promise<unknown> =>
    run('mount', ['-o', `remount,size=${size}`, folder])
  return {
    kind: 'file system',
    fill: async () => {
      const { stdout } = await run('df', ['--block-size=1024', '--output=used', folder])
      // tmpfs refuses to become smaller than what it holds, which may grow while we ask.
      const used = Number(stdout.split('\n')[1])
      for (const slack of [64, 512, 4096]) {
        try {
          await resize(`${used + slack}k`)
          return
        } catch {
          continue
        }
      }
    },
    free: async () => {
      await resize(`${megabytes}m`)
    },
    remove: async () => {
      await run('umount', ['--lazy', folder]).catch(() => {})
    },
  }
}

async function limited(): Promise<SmallDisk | null> {
  try {
    await run('prlimit', ['--version'])
  } catch {
    return null
  }
  return {
    kind: 'file size limit',
    fill: async pid => {
      await run('prlimit', ['--pid', String(pid), '--fsize=1024:1024'])
    },
    // The limit dies with the process.
    free: () => Promise.resolve(),
    remove: () => Promise.resolve(),
  }
}
