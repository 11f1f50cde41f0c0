// Validators whose messages say what a value must be and never repeat what it was: it may be a secret
// that landed in the wrong variable. `readSettings` relies on the messages to start with "must".

import { makeValidator } from 'envalid'

/** A whole number within bounds; beyond them the platform is known not to work. */
export function whole(min: number, max: number): ReturnType<typeof makeValidator<number>> {
  return makeValidator(input => {
    const value = Number(input)
    if (/^\d{1,15}$/.test(input) && value >= min && value <= max) return value
    throw new TypeError(`must be a whole number from ${min} to ${max}`)
  })
}

export const portNumber = whole(1, 65_535)

function matching(pattern: RegExp, rule: string): ReturnType<typeof makeValidator<string>> {
  return makeValidator(input => {
    if (pattern.test(input)) return input
    throw new TypeError(`must be ${rule}`)
  })
}

export const text = matching(/^\P{Cc}+$/u, 'a text without control characters')

/** Part of group ids and transactional ids, where a dot separates. */
export const environmentName = matching(
  /^[a-z0-9][a-z0-9-]{0,31}$/,
  '1 to 32 lower-case letters, digits or hyphens',
)

export const brokerList = matching(
  /^(?:[A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\]):\d{1,5}(?:,(?:[A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\]):\d{1,5})*$/,
  'host:port, several separated by commas',
)

export function address(protocols: readonly string[]): ReturnType<typeof makeValidator<string>> {
  return makeValidator(input => {
    const url = URL.canParse(input) ? new URL(input) : null
    if (url !== null && protocols.includes(url.protocol)) return input.replace(/\/+$/, '')
    throw new TypeError(`must be an address that starts with ${protocols.join('// or ')}//`)
  })
}
