// Documents made from the declaration, so that they cannot differ from it.

import type { ValidatorSpec } from 'envalid'
import { exampleOf, valueText } from './settings.ts'
import type { SettingsSpec } from './settings.ts'

/** The table of docs/generated/config.md. */
export function describeSettings(spec: SettingsSpec): string {
  const rows = Object.entries(spec).map(
    ([name, setting]) =>
      `| \`${name}\` | ${defaultText(setting)} | ${choicesText(setting)}${setting.desc ?? ''} |`,
  )
  return ['| variable | default | meaning |', '| --- | --- | --- |', ...rows, ''].join('\n')
}

/** The content of .env.example: every variable, commented out, with its default or an example. */
export function exampleEnvironment(spec: SettingsSpec): string {
  const blocks = Object.entries(spec).map(
    ([name, setting]) =>
      `# ${choicesText(setting)}${setting.desc ?? ''}\n#${name}=${exampleOf(setting)}\n`,
  )
  const head =
    '# Every variable with its default in development. Copy what you change to .env. docker compose\n' +
    '# reads that file by itself; for make and npx fleet, load it first: set -a; . ./.env; set +a\n'
  return [head, ...blocks].join('\n')
}

function defaultText(setting: ValidatorSpec<unknown>): string {
  return setting.default === undefined ? 'derived' : `\`${valueText(setting.default)}\``
}

function choicesText(setting: ValidatorSpec<unknown>): string {
  return setting.choices === undefined ? '' : `${setting.choices.join(', ')}: `
}
