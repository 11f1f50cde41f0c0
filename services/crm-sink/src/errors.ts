// Error codes of this service and what becomes of them. A code is never reused for something else.

export const codes = {
  TAXONOMY_INVALID: {
    fate: 'fatal',
    meaning: 'The taxonomy file can’t be read or has mistakes; the message names all of them.',
  },
} as const
