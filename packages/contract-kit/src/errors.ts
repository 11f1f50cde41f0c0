// Why contracts can't be judged. Whether one is broken is a finding, never an error.

export const codes = {
  CONTRACT_INVALID: {
    fate: 'fatal',
    meaning:
      'A schema or a consumer’s declaration can not be read; the message says what is wrong.',
  },
} as const
