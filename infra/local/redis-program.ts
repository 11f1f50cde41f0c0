// Where redis-server comes from: the machine's own if it is installed, else Debian's package taken
// apart into the folder of downloaded programs. Installing the package would start and enable a system
// Redis; unpacking it runs nothing, needs no root and leaves the machine as it was.

import { execFile, execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export interface RedisProgram {
  readonly command: string
  readonly environment: Readonly<Record<string, string>>
}

function installed(): boolean {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

function unpackedIn(distDir: string): string {
  return join(distDir, 'redis')
}

function librariesUnder(folder: string): string {
  const base = join(folder, 'usr', 'lib')
  const triples = existsSync(base) ? readdirSync(base).filter(name => name.includes('-linux-')) : []
  return [...triples.map(name => join(base, name)), process.env['LD_LIBRARY_PATH'] ?? '']
    .filter(Boolean)
    .join(':')
}

export function redisProgram(distDir: string): RedisProgram | null {
  const folder = unpackedIn(distDir)
  const command = join(folder, 'usr', 'bin', 'redis-server')
  if (existsSync(command)) {
    return { command, environment: { LD_LIBRARY_PATH: librariesUnder(folder) } }
  }
  return installed() ? { command: 'redis-server', environment: {} } : null
}

/** apt-get with every folder it writes to moved below `folder`; the machine's package state is only read. */
function aptOptions(folder: string): string[] {
  const options = {
    'Debug::NoLocking': '1',
    'Dir::State::Lists': join(folder, 'lists'),
    'Dir::Cache': join(folder, 'cache'),
    'Dir::Cache::Archives': join(folder, 'archives'),
    'APT::Sandbox::User': '', // the sandbox user may not enter the data folder
  }
  return Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`])
}

const howToInstall = [
  'redis-server is not installed and could not be fetched from the Debian archive.',
  'Install it and turn off the instance the package starts, then run `make up` again:',
  '  sudo apt-get install redis-server && sudo systemctl disable --now redis-server',
].join('\n')

/** Fetches and unpacks the package and the libraries this machine lacks. Safe to repeat. */
export async function fetchRedis(distDir: string): Promise<void> {
  const work = join(distDir, 'redis.new')
  rmSync(work, { recursive: true, force: true })
  for (const folder of ['lists/partial', 'archives/partial', 'cache', 'root']) {
    mkdirSync(join(work, folder), { recursive: true })
  }
  try {
    const options = aptOptions(work)
    await run('apt-get', ['-qq', ...options, 'update'])
    const install = ['install', '--yes', '--download-only', '--no-install-recommends']
    await run('apt-get', ['-qq', ...options, ...install, 'redis-server'])
    const archives = readdirSync(join(work, 'archives')).filter(name => name.endsWith('.deb'))
    for (const archive of archives) {
      await run('dpkg-deb', ['-x', join(work, 'archives', archive), join(work, 'root')])
    }
    rmSync(unpackedIn(distDir), { recursive: true, force: true })
    renameSync(join(work, 'root'), unpackedIn(distDir))
  } catch (error) {
    throw new Error(howToInstall, { cause: error })
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}
