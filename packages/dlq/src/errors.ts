// Errors of replaying dead letters.

export const codes = {
  PATCH_OF_MANY: {
    fate: 'poison',
    meaning: 'A replay with a patch names more than one letter; it is not begun.',
  },
  STOPPED: {
    fate: 'transient',
    meaning: 'A tool was stopped before it had read a log, or all letters were replayed.',
  },
} as const
