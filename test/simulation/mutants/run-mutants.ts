// Tests of the tests: plants one defect after the other and looks how many seeds it takes to find it.

import { spawn } from 'node:child_process'
import { join } from 'node:path'

import { mutants } from './mutants.ts'
import type { Mutant } from './mutants.ts'
import { SourceCopy, staleMutants } from './source-copy.ts'

const seedsMax = 500
/** Seeds without any defect that a copy must pass, so that it is the defects that are found. */
const seedsOfControl = 10
const unharmed: Mutant = { name: 'none', what: 'no defect', edits: [] }

interface Hunt {
  readonly mutant: Mutant
  /** The first seed that finds it; null when none does. */
  readonly seed: number | null
  /** Rules that it broke there. */
  readonly rules: readonly string[]
}

/** None counts as found when one no longer fits the sources, or the sources fail without any. */
export async function runMutants(
  wanted: readonly Mutant[],
  jobs: number,
  say: (line: string) => void,
): Promise<{ all: number; found: number }> {
  const stale = staleMutants(wanted)
  for (const each of stale) say(`MUST BE PLANTED ANEW ${each}`)
  if (stale.length > 0) return { all: wanted.length, found: 0 }
  const hunts: Hunt[] = []
  const queue = [...wanted]
  const hunter = async (): Promise<void> => {
    const copy = new SourceCopy()
    try {
      const control = await hunt(copy, unharmed, seedsOfControl)
      if (control.rules.length > 0) {
        say(`the sources fail without any defect: ${seedText(control)} ${control.rules.join()}`)
        return
      }
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const ended = await hunt(copy, next, seedsMax)
        hunts.push(ended)
        say(`mutant ${next.name}: ${seedText(ended)} ${ended.rules.join(', ')}`)
      }
    } finally {
      copy.remove()
    }
  }
  await Promise.all(Array.from({ length: Math.min(jobs, wanted.length) }, hunter))
  for (const line of tableOf(wanted, hunts)) say(line)
  return { all: wanted.length, found: hunts.filter(({ seed }) => seed !== null).length }
}

/** `all`, or names with commas between; none is an empty text. Throws with all names for one that is none. */
export function mutantsNamed(names: string): readonly Mutant[] {
  if (names === '') return []
  return names === 'all' ? mutants : names.split(',').map(mutantNamed)
}

function mutantNamed(name: string): Mutant {
  const mutant = mutants.find(each => each.name === name)
  if (mutant === undefined) {
    throw new Error(`no mutant ${name}; there are: ${mutants.map(each => each.name).join(', ')}`)
  }
  return mutant
}

async function hunt(copy: SourceCopy, mutant: Mutant, seeds: number): Promise<Hunt> {
  copy.plant(mutant)
  try {
    return { mutant, ...(await seek(copy.folder, seeds)) }
  } finally {
    copy.restore()
  }
}

function seek(folder: string, seeds: number): Promise<{ seed: number | null; rules: string[] }> {
  const script = join(folder, 'test/simulation/mutants/seek.ts')
  const child = spawn(process.execPath, ['--import', 'tsx', script, String(seeds)], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  let errors = ''
  child.stdout.on('data', chunk => (output += String(chunk)))
  child.stderr.on('data', chunk => (errors += String(chunk)))
  return new Promise(resolve => {
    child.on('close', () => {
      const line = /^FOUND (.*)$/m.exec(output)?.[1]
      // A defect that does not even run has not been found.
      if (line === undefined) resolve({ seed: null, rules: [`crashed: ${errors.slice(0, 2000)}`] })
      else resolve(JSON.parse(line) as { seed: number | null; rules: string[] })
    })
  })
}

function seedText({ seed }: Hunt): string {
  return seed === null ? 'NOT FOUND' : `seed ${seed}`
}

/** In the order of the list, as Markdown, for the README. */
function tableOf(wanted: readonly Mutant[], hunts: readonly Hunt[]): string[] {
  const rows = wanted.flatMap(mutant => {
    const ended = hunts.find(each => each.mutant === mutant)
    if (ended === undefined) return []
    return [`| ${mutant.name} | ${mutant.what} | ${ended.rules.join(', ')} | ${seedText(ended)} |`]
  })
  return [
    '| Mutant | What it does | Rules it breaks | Found by |',
    '| --- | --- | --- | --- |',
    ...rows,
  ]
}
