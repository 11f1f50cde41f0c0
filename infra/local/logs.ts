// `make logs`: the end of every log, or of one with SERVICE=name; FOLLOW=1 goes on until interrupted.

import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'

import { logFileOf } from './log-files.ts'
import { readLocalSettings } from './settings.ts'

const { folders } = readLocalSettings()
const known = existsSync(folders.logs)
  ? readdirSync(folders.logs)
      .filter(file => file.endsWith('.log'))
      .map(file => file.slice(0, -'.log'.length))
  : []
const wanted = process.env['SERVICE'] ?? ''
const names = wanted === '' ? known : known.filter(name => name === wanted)

if (names.length === 0) {
  const choice = known.length === 0 ? 'nothing was started yet' : `known: ${known.join(', ')}`
  process.stderr.write(`no log${wanted === '' ? '' : ` ${wanted}`}: ${choice}\n`)
  process.exitCode = 1
} else {
  const follow = process.env['FOLLOW'] === '1' ? ['-F'] : []
  const lines = wanted === '' ? '10' : '100'
  const files = names.map(name => logFileOf(folders, name))
  spawn('tail', ['-n', lines, ...follow, '--', ...files], { stdio: 'inherit' })
}
