// Error codes of this service and what becomes of them. A code is never reused for something else.

export const codes = {
  REDIS_UNREACHABLE: {
    fate: 'transient',
    meaning: 'Redis does not answer; the view waits and goes on where it stood.',
  },
} as const
