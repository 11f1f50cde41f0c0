// What a consumer declares: who it is, whom to ask, and the fields it reads of which topics. Reading
// one tells every mistake at once; a declaration with a mistake protects nobody.

export interface Declaration {
  readonly consumer: string
  /** The team that answers for it. */
  readonly owner: string
  /** Where to reach the owner. */
  readonly contact: string
  /**
   * `own`: values are read with the consumer's own copy of the schema, which has a default for every
   * field. `writer`: values are read as they were written, so a field is missing in older ones.
   */
  readonly schema: 'own' | 'writer'
  readonly reads: readonly TopicRead[]
}

export interface TopicRead {
  /** Name of the topic; in the file also its subject. */
  readonly topic: string
  readonly fields: Readonly<Record<string, Expectation>>
  /** Values the consumer handles, as JSON; what they leave out has its default. */
  readonly samples: readonly Record<string, unknown>[]
}

export interface Expectation {
  /** As `fieldsOf` writes types: `string`, `string?`, `timestamp-micros`, `array<Line>`. */
  readonly type: string
  /** False: the consumer goes on without it. */
  readonly required: boolean
  /** Symbols of an enum or values of a text that the consumer knows. */
  readonly values: readonly string[] | null
  /** What it does with any other value. */
  readonly others: 'fail' | 'ignored'
  /** Present when the consumer relies on the default. */
  readonly default?: unknown
}

export type DeclarationReading =
  | { readonly ok: true; readonly declaration: Declaration }
  | { readonly ok: false; readonly problems: readonly string[] }

type Members = Readonly<Record<string, unknown>>

export function parseDeclaration(jsonText: string): DeclarationReading {
  let value: unknown
  try {
    value = JSON.parse(jsonText)
  } catch {
    return { ok: false, problems: ['it is no JSON'] }
  }
  if (!isObject(value)) return { ok: false, problems: ['it is no object'] }
  const problems: string[] = []
  onlyKnown(value, ['$schema', 'consumer', 'owner', 'contact', 'schema', 'reads'], '', problems)
  const reads = Array.isArray(value['reads']) ? (value['reads'] as unknown[]) : []
  if (reads.length === 0) problems.push('reads must list at least one topic')
  const declaration: Declaration = {
    consumer: text(value, 'consumer', '', problems),
    owner: text(value, 'owner', '', problems),
    contact: text(value, 'contact', '', problems),
    schema: oneOf(value, 'schema', ['own', 'writer'], '', problems),
    reads: reads.map((read, index) => readTopic(read, `reads[${index}]`, problems)),
  }
  return problems.length === 0 ? { ok: true, declaration } : { ok: false, problems }
}

function readTopic(value: unknown, at: string, problems: string[]): TopicRead {
  if (!isObject(value)) {
    problems.push(`${at} must be an object`)
    return { topic: '', fields: {}, samples: [] }
  }
  onlyKnown(value, ['topic', 'fields', 'samples'], at, problems)
  const fields = isObject(value['fields']) ? value['fields'] : {}
  if (Object.keys(fields).length === 0) problems.push(`${at}.fields must name at least one field`)
  const samples = value['samples'] ?? []
  if (!Array.isArray(samples) || !samples.every(isObject)) {
    problems.push(`${at}.samples must be a list of objects`)
  }
  return {
    topic: text(value, 'topic', at, problems).replace(/-value$/, ''),
    fields: Object.fromEntries(
      Object.entries(fields).map(([path, expectation]) => [
        path,
        readExpectation(expectation, `${at}.fields["${path}"]`, problems),
      ]),
    ),
    samples: Array.isArray(samples) ? samples.filter(isObject) : [],
  }
}

/** `"resource.id": "string"` is short for `{"type": "string"}`. */
function readExpectation(given: unknown, at: string, problems: string[]): Expectation {
  const value = typeof given === 'string' ? { type: given } : given
  if (!isObject(value)) {
    problems.push(`${at} must be a type or an object`)
    return { type: '', required: true, values: null, others: 'fail' }
  }
  onlyKnown(value, ['type', 'required', 'values', 'others', 'default'], at, problems)
  const { required = true, values = null } = value
  if (typeof required !== 'boolean') problems.push(`${at}.required must be true or false`)
  const isList = Array.isArray(values) && values.every(each => typeof each === 'string')
  if (values !== null && !isList) problems.push(`${at}.values must be a list of texts`)
  if (values === null && value['others'] !== undefined) {
    problems.push(`${at}.others means nothing without values`)
  }
  return {
    type: text(value, 'type', at, problems),
    required: required !== false,
    values: isList ? values : null,
    others: oneOf(value, 'others', ['fail', 'ignored'], at, problems),
    ...('default' in value ? { default: value['default'] } : {}),
  }
}

function onlyKnown(value: Members, known: readonly string[], at: string, into: string[]): void {
  for (const name of Object.keys(value)) {
    if (!known.includes(name)) into.push(`${placed(at, name)} is no member of a declaration`)
  }
}

function text(value: Members, name: string, at: string, problems: string[]): string {
  const found = value[name]
  if (typeof found === 'string' && found.trim() !== '') return found
  problems.push(`${placed(at, name)} must be a text`)
  return ''
}

function oneOf<const Choice extends string>(
  value: Members,
  name: string,
  choices: readonly [Choice, ...Choice[]],
  at: string,
  problems: string[],
): Choice {
  const found = value[name] ?? choices[0]
  const choice = choices.find(each => each === found)
  if (choice === undefined) problems.push(`${placed(at, name)} must be ${choices.join(' or ')}`)
  return choice ?? choices[0]
}

function placed(at: string, name: string): string {
  return at === '' ? name : `${at}.${name}`
}

function isObject(value: unknown): value is Members & Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
