// How long the view remembers what is gone.

/**
 * How long the offset of a dropped resource is remembered. Until then an older record that is read
 * again cannot bring the resource back; a rebuild that takes longer than this is not foreseen.
 */
export const deleteMarkerTtlMs = 7 * 24 * 3600 * 1000
