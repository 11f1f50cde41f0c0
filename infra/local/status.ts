// `make status`: what runs, since when, and what it holds in memory. Exit code 1 when a part is down.

import type { ComponentName } from './component.ts'
import { brokerAnswers } from './kafka-probe.ts'
import { memoryBytesOf, uptimeSecondsOf } from './process-table.ts'
import { running } from './processes.ts'
import type { Started } from './processes.ts'
import { redisAnswers } from './redis.ts'
import { registryAnswers } from './registry.ts'
import { script } from './script.ts'
import { serviceAddresses } from './service-plans.ts'
import { notReady } from './services.ts'
import { localPorts, readLocalSettings } from './settings.ts'
import type { LocalSettings } from './settings.ts'

interface Part {
  readonly name: string
  readonly port: number | null
  /** Null is well; a text is what is wrong. */
  readonly trouble: () => Promise<string | null>
}

function parts(settings: LocalSettings): Part[] {
  const ports = localPorts(settings.platform)
  const component = (name: ComponentName, answers: (port: number) => Promise<boolean>): Part => ({
    name,
    port: ports[name],
    trouble: async () => ((await answers(ports[name])) ? null : 'does not answer'),
  })
  return [
    component('kafka', brokerAnswers),
    component('registry', registryAnswers),
    component('redis', redisAnswers),
    { name: 'supervisor', port: null, trouble: async () => null },
    ...serviceAddresses(settings.platform).map(({ name, port }) => ({
      name,
      port,
      trouble: () => notReady(settings.platform.host, port),
    })),
  ]
}

function duration(seconds: number): string {
  const whole = Math.floor(seconds)
  if (whole < 60) return `${whole}s`
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${whole % 60}s`
  return `${Math.floor(whole / 3600)}h ${Math.floor((whole % 3600) / 60)}m`
}

interface Row {
  readonly cells: readonly string[]
  /** What is wrong with a part that runs; below its row, because it may be long. */
  readonly trouble: string | null
  readonly memoryBytes: number
  readonly well: boolean
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 1_048_576)} MiB`
}

async function rowOf(part: Part, started: Started | null, pids: ReadonlySet<number>): Promise<Row> {
  const port = part.port === null ? '' : String(part.port)
  if (started === null) {
    const cells = [part.name, 'stopped', '', port]
    return { cells, trouble: null, memoryBytes: 0, well: false }
  }
  const trouble = await part.trouble()
  const memoryBytes = memoryBytesOf(started.pid, pids)
  const uptime = duration(uptimeSecondsOf(started.startTicks))
  const state = trouble === null ? 'running' : 'not ready'
  const cells = [part.name, state, String(started.pid), port, uptime, mebibytes(memoryBytes)]
  return { cells, trouble, memoryBytes, well: trouble === null }
}

function print(cells: readonly string[]): void {
  const [name = '', state = '', pid = '', port = '', uptime = '', memory = ''] = cells
  const left = `${name.padEnd(16)} ${state.padEnd(16)}`
  const right = `${pid.padStart(7)} ${port.padStart(6)} ${uptime.padStart(9)} ${memory.padStart(9)}`
  process.stdout.write(`${left} ${right}`.trimEnd() + '\n')
}

await script(async () => {
  const settings = readLocalSettings()
  const all = parts(settings).map(part => ({ part, started: running(settings.folders, part.name) }))
  const pids = new Set(all.flatMap(({ started }) => (started === null ? [] : [started.pid])))
  const rows = await Promise.all(all.map(({ part, started }) => rowOf(part, started, pids)))
  const memoryBytes = rows.reduce((sum, row) => sum + row.memoryBytes, 0)
  print(['name', 'state', 'pid', 'port', 'uptime', 'memory'])
  for (const row of rows) {
    print(row.cells)
    if (row.trouble !== null) process.stdout.write(`    ${row.trouble}\n`)
  }
  print(['total', '', '', '', '', mebibytes(memoryBytes)])
  return rows.every(row => row.well)
})
