// The downloaded programs: Kafka's jars and the registry, by Maven from the pinned pom beside this
// file, and Redis. Folders are keyed by version, complete or absent, and may be shared.

import { execFile, spawn } from 'node:child_process'
import { createWriteStream, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { lastLines, logFileOf } from './log-files.ts'
import { fetchRedis, redisProgram } from './redis-program.ts'
import type { Folders } from './settings.ts'

const run = promisify(execFile)
const pom = fileURLToPath(new URL('pom.xml', import.meta.url))

function pinned(property: string): string {
  const match = new RegExp(`<${property}>([^<]+)</${property}>`).exec(readFileSync(pom, 'utf8'))
  if (match?.[1] === undefined) throw new Error(`pom.xml has no ${property}`)
  return match[1]
}

const kafkaFolder = `kafka-${pinned('kafka.version')}`
const registryFolder = `registry-${pinned('registry.version')}`
const registryName = `apicurio-registry-app-${pinned('registry.version')}`

export function kafkaClasspath(distDir: string): string {
  return join(distDir, kafkaFolder, '*')
}

export function registryJar(distDir: string): string {
  return join(distDir, registryFolder, `${registryName}-runner.jar`)
}

/** Runs Maven, its whole output in `logs/maven.log`; reports the files it brought as they come. */
function maven(folders: Folders, target: string, report: (text: string) => void): Promise<void> {
  mkdirSync(folders.logs, { recursive: true })
  const log = createWriteStream(logFileOf(folders, 'maven'))
  const args = ['--batch-mode', '--file', pom, 'process-resources', `-Ddist=${target}`]
  return new Promise((resolve, reject) => {
    const child = spawn('mvn', args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let files = 0
    child.stdout.setEncoding('utf8')
    child.stdout.on('data', (text: string) => {
      log.write(text)
      const before = files
      files += text.split('Downloaded from').length - 1
      if (Math.floor(files / 50) > Math.floor(before / 50)) report(`${files} files fetched`)
    })
    child.stderr.on('data', data => log.write(data))
    child.on('error', () => reject(new Error('Maven is missing: install maven and Java 17')))
    child.on('close', code => {
      log.end()
      if (code === 0) return resolve()
      const errors = lastLines(logFileOf(folders, 'maven'), 400).filter(line => /ERROR/.test(line))
      reject(
        new Error(['Maven failed:', ...errors.slice(0, 3), logFileOf(folders, 'maven')].join('\n')),
      )
    })
  })
}

async function fetchJars(folders: Folders, report: (text: string) => void): Promise<void> {
  const work = join(folders.dist, 'maven.new')
  rmSync(work, { recursive: true, force: true })
  mkdirSync(work, { recursive: true })
  await maven(folders, work, report)
  const archive = join(work, registryFolder, `${registryName}-all.tar.gz`)
  await run('tar', ['-xzf', archive, '-C', join(work, registryFolder)])
  rmSync(archive)
  // Renamed only when complete: a folder that is there can be used.
  for (const folder of [kafkaFolder, registryFolder]) {
    rmSync(join(folders.dist, folder), { recursive: true, force: true })
    renameSync(join(work, folder), join(folders.dist, folder))
  }
  rmSync(work, { recursive: true, force: true })
}

function hasJars(distDir: string): boolean {
  return existsSync(join(distDir, kafkaFolder)) && existsSync(registryJar(distDir))
}

/** Brings what is missing, Maven's part and Redis side by side. False when nothing was. */
export async function fetchDistribution(
  folders: Folders,
  report: (text: string) => void,
): Promise<boolean> {
  mkdirSync(folders.dist, { recursive: true })
  const missing: Promise<void>[] = []
  if (!hasJars(folders.dist)) missing.push(fetchJars(folders, report))
  if (redisProgram(folders.dist) === null) missing.push(fetchRedis(folders.dist))
  const outcomes = await Promise.allSettled(missing)
  const failed = outcomes.find(outcome => outcome.status === 'rejected')
  if (failed !== undefined) throw failed.reason
  return missing.length > 0
}
