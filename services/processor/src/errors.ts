// Error codes of this service and what becomes of them. A code is never reused for something else.

export const codes = {
  OUTSIDE_WINDOW: {
    fate: 'poison',
    meaning: 'Received longer ago than event ids are remembered: a repeat could not be told.',
  },
  ID_CONFLICT: { fate: 'poison', meaning: 'The event id came earlier with other content.' },
  ENDPOINTS_INVALID: {
    fate: 'fatal',
    meaning: 'The endpoints file has mistakes at the start; later ones are logged and not taken.',
  },
  CHANGELOG_UNREADABLE: {
    fate: 'fatal',
    meaning: 'A changelog record can’t be read; going on would decide by half a memory.',
  },
  REBUILD_IMPOSSIBLE: {
    fate: 'fatal',
    meaning:
      'A changelog can’t be written anew: what it would be made of is missing or unreadable.',
  },
  RESTORE_AFTER_USE: {
    fate: 'fatal',
    meaning: 'A state in use was handed changelog records: a defect of ours.',
  },
} as const
