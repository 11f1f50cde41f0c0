/** Chance, for jitter only; never for secrets. */
export interface Random {
  /** 0 (inclusive) to 1 (exclusive). */
  next(): number
}

export const systemRandom: Random = { next: () => Math.random() }
