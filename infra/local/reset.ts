// `make reset`: ends everything and empties the data folder after asking (FORCE=1 does not ask). What was
// downloaded stays, unless DIST=1. Never removes a folder that is not one of its own.

import { existsSync, rmSync } from 'node:fs'
import { createInterface } from 'node:readline/promises'

import { takeDown } from './infrastructure.ts'
import { script } from './script.ts'
import { stopServices } from './services.ts'
import { readLocalSettings } from './settings.ts'
import type { Folders } from './settings.ts'

/** By name, not everything in the data folder: who points it at his home folder must not lose that. */
function ownFolders(folders: Folders): string[] {
  const { kafka, registry, redis, pids, logs, secrets, temporary, schemas, dist } = folders
  const state = [kafka, registry, redis, pids, logs, secrets, temporary, schemas]
  return process.env['DIST'] === '1' ? [...state, dist] : state
}

async function agreed(folders: Folders): Promise<boolean> {
  if (process.env['FORCE'] === '1') return true
  if (!process.stdin.isTTY) {
    process.stderr.write('nobody to ask: FORCE=1 make reset does not ask\n')
    return false
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  const question = `End everything and delete all topics, schemas and secrets in ${folders.data}? [y/N] `
  const answer = await terminal.question(question)
  terminal.close()
  return /^y(es)?$/i.test(answer.trim())
}

await script(async () => {
  const settings = readLocalSettings()
  if (!(await agreed(settings.folders))) return false
  await stopServices(settings, () => {})
  await takeDown(settings.folders, () => {})
  for (const folder of ownFolders(settings.folders).filter(path => existsSync(path))) {
    rmSync(folder, { recursive: true, force: true })
  }
  process.stdout.write(`${settings.folders.data} is empty again\n`)
  return true
})
