// The command lines of the programs here: numbers by name, and --help.

import { parseArgs } from 'node:util'

/** Null: it has said what is to be said and the program ends. */
export function readNumbers<Name extends string>(
  help: string,
  defaults: Readonly<Record<Name, number>>,
): Record<Name, number> | null {
  const names = Object.keys(defaults) as Name[]
  try {
    const { values } = parseArgs({
      options: {
        help: { type: 'boolean' },
        ...Object.fromEntries(names.map(name => [name, { type: 'string' as const }])),
      },
    })
    const given = values as Readonly<Record<string, string | boolean | undefined>>
    if (given['help'] === true) {
      process.stdout.write(help)
      return null
    }
    const numbers = names.map(name => [name, Number(given[name] ?? defaults[name])] as const)
    if (numbers.some(([, value]) => !Number.isFinite(value) || value < 0)) throw new Error('wrong')
    return Object.fromEntries(numbers) as Record<Name, number>
  } catch {
    process.stderr.write('wrong usage; see --help\n')
    process.exitCode = 2
    return null
  }
}
