// Validators whose messages say what a value must be and never repeat what it was: it may be a secret
// that landed in the wrong variable. `readSettings` relies on the messages to start with "must".

import { isIP } from 'node:net'
import { makeValidator } from 'envalid'
import type { ValidatorSpec } from 'envalid'

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

/** A reference, so that the secret itself is in no listing of an environment. */
export const secretReference = matching(
  /^(?:file:\P{Cc}+|env:[A-Za-z_][A-Za-z0-9_]*)$/u,
  'a reference, file:<name> or env:<NAME>',
)

/** One of a list, in any case: Kafka's own names for these are in capitals. */
export function oneOf<Choice extends string>(
  choices: readonly Choice[],
): (options: { default: Choice; desc: string }) => ValidatorSpec<Choice> {
  const validator = makeValidator<Choice>(input => {
    const found = choices.find(choice => choice === input.toLowerCase())
    if (found !== undefined) return found
    throw new TypeError(`must be one of ${choices.join(', ')}`)
  })
  return options => ({ ...validator(options), choices })
}

export function address(protocols: readonly string[]): ReturnType<typeof makeValidator<string>> {
  return makeValidator(input => {
    const url = URL.canParse(input) ? new URL(input) : null
    if (url !== null && protocols.includes(url.protocol)) return input.replace(/\/+$/, '')
    throw new TypeError(`must be an address that starts with ${protocols.join('// or ')}//`)
  })
}

/** Addresses and networks; an address stands for itself alone. Comes out with a prefix everywhere. */
export const networkList = makeValidator(input => {
  const networks = input.split(',').map(part => {
    const [network = '', prefix, ...rest] = part.trim().split('/')
    const version = isIP(network)
    const bitsMax = version === 4 ? 32 : 128
    const bits = prefix ?? String(bitsMax)
    const isPrefix = /^\d{1,3}$/.test(bits) && Number(bits) <= bitsMax && rest.length === 0
    return version !== 0 && isPrefix ? `${network}/${bits}` : null
  })
  if (!networks.includes(null)) return networks.join(',')
  throw new TypeError('must be networks like 10.0.0.0/8, several separated by commas')
})
