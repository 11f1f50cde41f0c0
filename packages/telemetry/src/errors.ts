// Error codes of this package and what becomes of them. A code is never reused for something else.

export const codes = {
  LISTEN_FAILED: {
    fate: 'fatal',
    meaning: 'A server can’t listen on its address; mostly the port is taken.',
  },
} as const
