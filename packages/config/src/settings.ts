// Declared variables to a frozen object. All problems are reported at once, so that an operator does not
// meet them one restart after the other; a value that may be a secret is never part of a message.

import { customCleanEnv } from 'envalid'
import type { CleanedEnv, CleanedEnvAccessors, ValidatorSpec } from 'envalid'
import { configError } from './errors.ts'

/** Variables by name, each an envalid validator with `desc`, and `default` or `example`. */
export type SettingsSpec = Record<string, ValidatorSpec<unknown>>

export type Settings<Spec extends SettingsSpec> = Readonly<
  Omit<CleanedEnv<Spec>, keyof CleanedEnvAccessors>
>

export type Environment = Readonly<Record<string, string | undefined>>

export function readSettings<Spec extends SettingsSpec>(
  spec: Spec,
  env: Environment = process.env,
): Settings<Spec> {
  const problems: string[] = []
  const settings = customCleanEnv<Spec, Settings<Spec>>(present(env), spec, cleaned => cleaned, {
    reporter: ({ errors }) => {
      for (const [name, error] of Object.entries<Error | undefined>(errors)) {
        if (error !== undefined) problems.push(problemLine(name, spec[name], error))
      }
    },
  })
  if (problems.length > 0) throw settingsError(problems)
  return Object.freeze({ ...settings })
}

export function settingsError(problems: readonly string[]): Error {
  const count = problems.length === 1 ? '1 setting is' : `${problems.length} settings are`
  return configError('CONFIG', `${count} wrong:\n${problems.map(line => `  ${line}`).join('\n')}`)
}

/** Compose files and shells pass an unset variable as an empty one; both mean the default. */
function present(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
}

function problemLine(name: string, spec: ValidatorSpec<unknown> | undefined, error: Error): string {
  const isMissing = error.name === 'ReferenceError' || error instanceof ReferenceError
  const wrong = isMissing ? 'is missing' : wrongText(spec, error)
  const example = exampleOf(spec)
  const description = spec?.desc === undefined ? '' : ` (${spec.desc})`
  return `${name} ${wrong}${description}${example === '' ? '' : `; for example ${name}=${example}`}`
}

function wrongText(spec: ValidatorSpec<unknown> | undefined, error: Error): string {
  if (spec?.choices !== undefined) return `must be one of ${spec.choices.join(', ')}`
  // envalid's own validators quote the value; ours say only what it must be.
  return error.message.startsWith('must ') ? error.message : 'is not valid'
}

/** What a good value looks like. */
export function exampleOf(spec: ValidatorSpec<unknown> | undefined): string {
  if (spec?.example !== undefined) return spec.example
  return spec?.default === undefined ? '' : valueText(spec.default)
}

/** A default as it would be written into the environment. */
export function valueText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
