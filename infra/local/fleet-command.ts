// Runs the `fleet` command the way a person would, with its output on this terminal.

import { spawn } from 'node:child_process'
import { join } from 'node:path'

import { repositoryRoot } from './settings.ts'
import type { LocalSettings } from './settings.ts'

const program = join(repositoryRoot, 'packages', 'cli', 'bin', 'fleet.js')

/** The exit code; output is passed through unless `quiet`, then it is returned. */
export function fleet(
  settings: LocalSettings,
  args: readonly string[],
  output: 'shown' | 'kept',
): Promise<{ exitCode: number; text: string }> {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: repositoryRoot,
    env: {
      ...process.env,
      FLEET_DATA_DIR: settings.folders.data,
      TMPDIR: settings.folders.temporary,
    },
    stdio: [
      'ignore',
      output === 'shown' ? 'inherit' : 'pipe',
      output === 'shown' ? 'inherit' : 'pipe',
    ],
  })
  let text = ''
  child.stdout?.on('data', data => (text += String(data)))
  child.stderr?.on('data', data => (text += String(data)))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', code => resolve({ exitCode: code ?? 1, text }))
  })
}

/** Runs it quietly and throws with what it said when it fails. */
export async function fleetOrThrow(
  settings: LocalSettings,
  args: readonly string[],
): Promise<string> {
  const { exitCode, text } = await fleet(settings, args, 'kept')
  if (exitCode === 0) return text
  throw new Error(`fleet ${args.join(' ')} failed (exit ${exitCode}):\n${text.trimEnd()}`)
}
