// Runs the longer measurements one after the other, each a program of its own, and collects the last
// line of each.

import { join } from 'node:path'

import { repositoryRoot } from '../../../../infra/local/settings.ts'
import { startProgram } from '../lanes/lane.ts'

const programs = ['restore', 'takeover', 'two-instances', 'cost-growth'] as const

export async function runLongPrograms(
  say: (text: string) => void,
): Promise<Record<string, unknown>> {
  const results: Record<string, unknown> = {}
  for (const name of programs) {
    say(`\n== ${name}`)
    let result: unknown = null
    const path = join(repositoryRoot, 'test/bench/process/long', `${name}.ts`)
    const { child } = startProgram(path, {}, [], line => {
      if (line.startsWith('RESULT ')) result = JSON.parse(line.slice('RESULT '.length))
      say(line)
    })
    await new Promise(resolve => child.on('close', resolve))
    results[name.replace('-', '_')] = result
  }
  return results
}
