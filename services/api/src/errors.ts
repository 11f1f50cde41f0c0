// Error codes of this service and what becomes of them. A code is never reused for something else.

export const codes = {
  REDIS_UNREACHABLE: {
    fate: 'transient',
    meaning: 'Redis does not answer; requests are answered 503.',
  },
  LISTEN_FAILED: {
    fate: 'fatal',
    meaning: 'The port of the API can’t be listened on; mostly it is taken.',
  },
} as const
