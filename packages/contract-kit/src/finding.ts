// What a check found: which change breaks whom, where, and who is to be asked.

export const findingCodes = {
  TOPIC_UNKNOWN: 'The topic does not exist or its values are private.',
  FIELD_MISSING: 'A field the consumer reads is not there.',
  TYPE_CHANGED: 'A field has another type than the consumer reads.',
  MAY_BE_NULL: 'A field may be null and the consumer does not expect it.',
  VALUE_ADDED: 'A value may come that the consumer does not know and fails on.',
  VALUE_GONE: 'The consumer waits for a value that never comes.',
  DEFAULT_CHANGED: 'Records without the field are read with another value than before.',
  DEPRECATED: 'The field goes away; the date is the last day on which it is filled.',
  DEPRECATION_EXPIRED: 'The field may be gone any day: its last promised day is over.',
  SAMPLE_INVALID: 'A sample of the declaration is no value of the schema.',
} as const

export type FindingCode = keyof typeof findingCodes

export interface Finding {
  /** An error fails the check; a warning is to be planned for. */
  readonly severity: 'error' | 'warning'
  readonly code: FindingCode
  readonly consumer: string
  readonly owner: string
  readonly contact: string
  readonly topic: string
  readonly record: string | null
  /** Empty for the record as a whole. */
  readonly field: string
  /** `current`, `proposed`, or `released 1, 2`. */
  readonly against: string
  readonly message: string
}

/** One line for a person who has just changed a schema. */
export function findingText(finding: Finding): string {
  const { severity, code, consumer, topic, field, against, message, owner, contact } = finding
  const at = field === '' ? topic : `${topic} ${field}`
  return `${severity} ${code} ${consumer}: ${at} (${against}): ${message} Talk to ${owner} (${contact}).`
}
