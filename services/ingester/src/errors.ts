// Error codes of this service and what becomes of them. A code is never reused for something else.

export const codes = {
  ENDPOINTS_INVALID: {
    fate: 'fatal',
    meaning: 'The endpoints file has mistakes; the last good one stays in force.',
  },
  LOG_UNAVAILABLE: {
    fate: 'transient',
    meaning:
      'Kafka was not reached yet or failed five times in a row; deliveries are answered 503.',
  },
  LISTEN_FAILED: {
    fate: 'fatal',
    meaning: 'The port of the webhooks can’t be listened on; mostly it is taken.',
  },
} as const
