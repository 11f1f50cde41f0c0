// Error codes of this service and what becomes of them. A code is never reused for something else.

export const codes = {
  BAD_AMOUNT: {
    fate: 'poison',
    meaning: 'The amount is no valid money, or negative where it may not be.',
  },
  BAD_CATEGORY: {
    fate: 'poison',
    meaning: 'The charge has a category that the ledger does not know.',
  },
  BAD_CONTROL: {
    fate: 'poison',
    meaning:
      'An instruction to the ledger that cannot be followed: an unknown kind, a month that is not over, a chart that the service does not have.',
  },
  CHART_CHANGED: {
    fate: 'fatal',
    meaning:
      'The chart that entries were booked by is gone from the charts file or says something else.',
  },
  ENTRY_CONFLICT: {
    fate: 'poison',
    meaning: 'The event was booked before with another amount, currency or category.',
  },
} as const
