// Errors of the loop.

export const codes = {
  INTERNAL: {
    fate: 'poison',
    meaning: 'A stage’s decision threw or its output did not fit its schema: a defect of ours.',
  },
  TOO_LARGE: {
    fate: 'poison',
    meaning:
      'An output, or what is to be remembered, is larger than its topic takes, or all of it than a transaction.',
  },
  WRONG_PARTITION: { fate: 'poison', meaning: 'A record stands where its key does not belong.' },
  UNDECLARED_INPUT: { fate: 'fatal', meaning: 'A stage was handed a topic it does not declare.' },
  UNDECLARED_OUTPUT: { fate: 'fatal', meaning: 'A stage wrote to a topic it does not declare.' },
  STATE_DIFFERS: {
    fate: 'fatal',
    meaning:
      'A changelog (the processor’s: or the state table) no longer says what its last commit left; the partition does not start: fleet state rebuild.',
  },
  STATE_LOST: {
    fate: 'fatal',
    meaning:
      'A changelog is empty, but its group has read the inputs; the partition does not start: see the runbook.',
  },
  STATE_UNREADABLE: {
    fate: 'fatal',
    meaning:
      'A record of a changelog or of the state table can’t be read; the partition does not start: fleet state rebuild.',
  },
  REBUILD_IMPOSSIBLE: {
    fate: 'fatal',
    meaning:
      'A changelog can’t be written anew: what it would be made of is missing, unreadable or decided otherwise.',
  },
  STOPPED: {
    fate: 'transient',
    meaning: 'A tool or a restore was stopped before it had read a log.',
  },
  TASK_FAILED: { fate: 'fatal', meaning: 'A partition failed too often in a row; see its cause.' },
  VIEW_BEHIND: {
    fate: 'transient',
    meaning: 'The store of a view has forgotten what was written; it is filled again.',
  },
} as const
