// Error codes of this package and what becomes of them. A code is never reused for something else.

export const codes = {
  DEADLINE: {
    fate: 'transient',
    meaning: 'Something took longer than it may; the message says what.',
  },
} as const
