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
} as const
