// Errors of replaying dead letters.

export const codes = {
  PATCH_OF_MANY: {
    fate: 'poison',
    meaning: 'A replay with a patch names more than one letter; it is not begun.',
  },
  REPLAY_OVERLAPS: {
    fate: 'transient',
    meaning: 'Another replay that is under way may send the same letters; the message names it.',
  },
  STOPPED: {
    fate: 'transient',
    meaning: 'A tool was stopped before it had read a log, or all letters were replayed.',
  },
} as const
