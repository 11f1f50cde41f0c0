// Why a delivery can't become an event, and what becomes of it. A code is never reused for something else.

export const codes = {
  UNIDENTIFIED: {
    fate: 'poison',
    meaning: 'No JSON object, or no usable event id, type or resource; the message says which.',
  },
  BAD_TIME: {
    fate: 'poison',
    meaning: 'The time of the event is missing, unreadable or outside 2000–2100.',
  },
} as const
