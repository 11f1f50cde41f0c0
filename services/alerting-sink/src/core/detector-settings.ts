// Thresholds of the detectors as an operator writes them: one versioned file, with exceptions by tenant.
// Everything wrong with it is told at once, and nothing is taken of a file that is wrong anywhere.

export type Severity = 'critical' | 'error' | 'warning' | 'info'
const severities: readonly Severity[] = ['critical', 'error', 'warning', 'info']

const whole = (min: number, max: number) => ({ min, max, whole: true })
const decimal = (min: number, max: number) => ({ min, max, whole: false })
const onOff = 'on or off'
const oneSeverity = 'severity'

const everyDetector = { enabled: onOff, severity: oneSeverity } as const

const rate = {
  ...everyDetector,
  window_minutes: whole(5, 120),
  minimum_count: whole(1, 1_000_000),
  resolve_ratio: decimal(0, 1),
  quiet_minutes: whole(0, 1440),
  update_factor: decimal(1.1, 1000),
} as const

const seasonal = { ...rate, sigmas: decimal(0.5, 100), weeks_min: whole(1, 6) } as const

const timeout = {
  ...everyDetector,
  minutes: whole(1, 10_080),
  remind_minutes: whole(1, 100_000),
  give_up_hours: whole(1, 2160),
} as const

/** Every setting of every detector with what it may be. */
const shapes = {
  'command-failures': rate,
  'no-show-seasonal': seasonal,
  'dispute-volume': seasonal,
  'check-in-timeout': timeout,
  'check-out-timeout': { ...timeout, grace_minutes: whole(0, 10_080) },
  'silent-source': {
    ...everyDetector,
    silent_minutes_min: whole(2, 10_080),
    surprise: decimal(1, 1000),
    uncertainty: decimal(0.01, 2),
    weeks_min: whole(1, 6),
    resume_minutes: whole(1, 60),
    update_factor: decimal(1.1, 1000),
    give_up_hours: whole(1, 2160),
  },
  'refund-excess': {
    ...everyDetector,
    settle_minutes: whole(0, 1440),
    quiet_minutes: whole(0, 1440),
    give_up_hours: whole(1, 2160),
  },
} as const

export type DetectorName = keyof typeof shapes
const detectorNames = Object.keys(shapes) as readonly DetectorName[]

type Value<Rule> = Rule extends typeof onOff
  ? boolean
  : Rule extends typeof oneSeverity
    ? Severity
    : number
export type SettingsOf<Name extends DetectorName> = {
  readonly [Key in keyof (typeof shapes)[Name]]: Value<(typeof shapes)[Name][Key]>
}
export type RateName = 'command-failures' | 'no-show-seasonal' | 'dispute-volume'
export type TimeoutName = 'check-in-timeout' | 'check-out-timeout'

type AllSettings = { readonly [Name in DetectorName]: SettingsOf<Name> }

export class DetectorSettings {
  readonly version: string
  readonly #everyone: AllSettings
  readonly #tenants: ReadonlyMap<string, AllSettings>

  constructor(version: string, everyone: AllSettings, tenants: ReadonlyMap<string, AllSettings>) {
    this.version = version
    this.#everyone = everyone
    this.#tenants = tenants
  }

  of<Name extends DetectorName>(detector: Name, tenantId: string): SettingsOf<Name> {
    return (this.#tenants.get(tenantId) ?? this.#everyone)[detector]
  }
}

export type ParsedSettings =
  { ok: true; settings: DetectorSettings } | { ok: false; problems: readonly string[] }

/** Takes the file's content as `JSON.parse` reads it. */
export function parseDetectorSettings(content: unknown): ParsedSettings {
  const problems: string[] = []
  const file = asObject(content, 'the file', problems)
  for (const name of Object.keys(file)) {
    if (!['version', 'detectors', 'tenants'].includes(name)) problems.push(`${name} is unknown`)
  }
  const { version } = file as { version?: unknown }
  if (typeof version !== 'string' || version === '' || version.length > 64) {
    problems.push('version must be a text of 1 to 64 characters')
  }
  const given = asObject(file['detectors'], 'detectors', problems)
  const everyone = readAll(given, {}, 'detectors', problems)
  for (const name of detectorNames) {
    for (const setting of Object.keys(shapes[name])) {
      if (everyone[name]?.[setting] === undefined) problems.push(`${name}.${setting} is missing`)
    }
  }
  const tenants = new Map<string, AllSettings>()
  const exceptions = asObject(file['tenants'] ?? {}, 'tenants', problems)
  for (const [tenant, own] of Object.entries(exceptions)) {
    const where = `tenants.${tenant}`
    const read = readAll(asObject(own, where, problems), everyone, where, problems)
    tenants.set(tenant, read as unknown as AllSettings)
  }
  if (problems.length > 0) return { ok: false, problems }
  const settings = new DetectorSettings(
    String(version),
    everyone as unknown as AllSettings,
    tenants,
  )
  return { ok: true, settings }
}

type Plain = Record<string, unknown>

/** What is given, over what is given for everyone. */
function readAll(
  given: Plain,
  base: Record<string, Plain>,
  where: string,
  problems: string[],
): Record<string, Plain> {
  const all: Record<string, Plain> = { ...base }
  for (const [name, own] of Object.entries(given)) {
    const shape = detectorNames.find(known => known === name)
    if (shape === undefined) {
      problems.push(`${where}: there is no detector ${name} to set`)
      continue
    }
    const rules: Record<string, Rule> = shapes[shape]
    const settings = asObject(own, `${where}.${name}`, problems)
    for (const [setting, value] of Object.entries(settings)) {
      const rule = Object.hasOwn(rules, setting) ? rules[setting] : undefined
      const problem = rule === undefined ? 'is unknown' : problemOf(rule, value)
      if (problem !== null) problems.push(`${where}.${name}.${setting} ${problem}`)
    }
    all[name] = { ...base[name], ...settings }
  }
  return all
}

type Rule =
  typeof onOff | typeof oneSeverity | { readonly min: number; readonly max: number; whole: boolean }

function problemOf(rule: Rule, value: unknown): string | null {
  if (rule === onOff) return typeof value === 'boolean' ? null : 'must be true or false'
  if (rule === oneSeverity) {
    const isSeverity = severities.some(severity => severity === value)
    return isSeverity ? null : `must be one of ${severities.join(', ')}`
  }
  const { min, max } = rule
  const isNumber = typeof value === 'number' && (!rule.whole || Number.isInteger(value))
  if (isNumber && value >= min && value <= max) return null
  return `must be a ${rule.whole ? 'whole ' : ''}number from ${min} to ${max}`
}

function asObject(value: unknown, what: string, problems: string[]): Plain {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Plain
  problems.push(`${what} must be an object`)
  return {}
}
