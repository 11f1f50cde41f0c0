// Error codes of this package and what becomes of them. A code is never reused for something else.

export const codes = {
  PROVENANCE_MISSING: {
    fate: 'poison',
    meaning: 'A raw record without a provenance MAC: it was not written by the ingester.',
  },
  PROVENANCE_KEY_UNKNOWN: {
    fate: 'poison',
    meaning: 'The key of a raw record’s MAC is not in the key file, or no longer verifies.',
  },
  PROVENANCE_INVALID: {
    fate: 'poison',
    meaning: 'The MAC of a raw record does not fit its content or topic: it was changed or forged.',
  },
  PROVENANCE_KEYS_INVALID: {
    fate: 'fatal',
    meaning: 'The provenance key file has mistakes; the message lists every one.',
  },
  PROVENANCE_NO_SIGNING_KEY: {
    fate: 'transient',
    meaning: 'No provenance key may sign now; deliveries are answered 503 until one may.',
  },
} as const
