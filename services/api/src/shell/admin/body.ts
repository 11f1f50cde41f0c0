// Reads the members of a request body and collects what is wrong with them. Values are never repeated:
// one of them may be a secret.

import type { Json, JsonObject } from '@fleet/sources'
import type { SchemaName } from './schemas.ts'
import { schemas } from './schemas.ts'

export class BodyReader {
  readonly problems: string[] = []
  readonly #body: JsonObject

  constructor(body: JsonObject, schema: SchemaName) {
    this.#body = body
    const { properties = {}, required = [] } = schemas[schema] as JsonObject
    const known = Object.keys(properties as JsonObject)
    const names = Object.keys(body)
    if (names.some(name => !known.includes(name))) {
      this.problems.push(`there are unknown members; known are ${known.join(', ')}`)
    }
    for (const name of required as readonly string[]) {
      if (!Object.hasOwn(body, name)) this.problems.push(`${name}: is required`)
    }
  }

  #value(name: string): Json {
    return Object.hasOwn(this.#body, name) ? (this.#body[name] ?? null) : null
  }

  has(name: string): boolean {
    return this.#value(name) !== null
  }

  text(name: string): string {
    return this.textOrNull(name) ?? ''
  }

  textOrNull(name: string): string | null {
    const value = this.#value(name)
    if (value === null || typeof value === 'string') return value
    this.problems.push(`${name}: must be a text`)
    return null
  }

  object(name: string): JsonObject {
    const value = this.#value(name)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as JsonObject
    }
    this.problems.push(`${name}: must be an object`)
    return {}
  }

  wholeNumber(name: string, absent: number): number {
    const value = this.#value(name)
    if (value === null) return absent
    if (typeof value === 'number' && Number.isSafeInteger(value)) return value
    this.problems.push(`${name}: must be a whole number`)
    return absent
  }

  texts(name: string): string[] | null {
    const value = this.#value(name)
    if (value === null) return null
    if (Array.isArray(value) && value.length > 0) {
      const list = value as readonly Json[]
      const own = list.filter(each => typeof each === 'string')
      if (own.length === list.length) return own
    }
    this.problems.push(`${name}: must be a list of texts`)
    return null
  }

  /** False where it is absent. */
  truth(name: string): boolean {
    const value = this.#value(name)
    if (value === null || typeof value === 'boolean') return value ?? false
    this.problems.push(`${name}: must be true or false`)
    return false
  }

  choices<Choice extends string>(name: string, known: readonly Choice[]): Choice[] {
    const value = this.#value(name)
    const list = Array.isArray(value) ? (value as readonly Json[]) : []
    const chosen = known.filter(choice => list.includes(choice))
    if (chosen.length === 0 || chosen.length !== list.length) {
      this.problems.push(`${name}: must be a list of ${known.join(', ')}, each once`)
    }
    return chosen
  }
}
