// Error codes of automation and what becomes of them.

export const codes = {
  POLICIES_INVALID: {
    fate: 'fatal',
    meaning:
      'The file of FLEET_AUTOMATION_POLICIES_FILE cannot be read or is wrong; the message lists every problem.',
  },
} as const
