// docs/generated/config.md: every variable of the platform, from the declaration in packages/config.

import { describeSettings, platformSpec } from '@fleet/config'

export function configPage(): string {
  return [
    '# Settings',
    '',
    'Generated from `packages/config` by `infra/docs/generate.ts`; do not edit. The defaults are those',
    'of development.',
    '',
    describeSettings(platformSpec),
  ].join('\n')
}
