// What a figure was measured on: machine, versions, settings.

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism, cpus, release, totalmem } from 'node:os'
import { basename, dirname, join } from 'node:path'

import { platformSettings } from '@fleet/config'

import { kafkaClasspath } from '../../../infra/local/distribution.ts'
import { readLocalSettings, repositoryRoot } from '../../../infra/local/settings.ts'

export function describeMachine(say: (text: string) => void): void {
  const gibibytes = Math.round(totalmem() / 2 ** 30)
  const model = cpus()[0]?.model.trim()
  say(`${availableParallelism()} × ${model}, ${gibibytes} GiB, Linux ${release()}`)
  const kafka = basename(dirname(kafkaClasspath(readLocalSettings().folders.dist)))
  const { processorThreads, latencyTargetMs, dedupeWindowHours } = platformSettings()
  say(`Node ${process.versions.node}, kafkajs ${versionOf('kafkajs')}, ${kafka}, Java ${java()}`)
  say(
    `threads ${processorThreads}, latency target ${latencyTargetMs} ms, ` +
      `window ${dedupeWindowHours} h; one broker, one replica, -Xmx512m`,
  )
}

function versionOf(library: string): string {
  const path = createRequire(join(repositoryRoot, 'package.json')).resolve(
    `${library}/package.json`,
  )
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version
}

function java(): string {
  const text = execFileSync('java', ['--version'], { encoding: 'utf8' })
  return /\d+(\.\d+)*/.exec(text)?.[0] ?? ''
}
