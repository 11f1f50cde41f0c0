// Accounting periods are months, `YYYY-MM`, so that the order of their texts is the order of time.

const periodPattern = /^[0-9]{4}-(?:0[1-9]|1[0-2])$/

export function isPeriod(text: string): boolean {
  return periodPattern.test(text)
}

/** The month after. */
function nextPeriod(period: string): string {
  const year = Number(period.slice(0, 4))
  const month = Number(period.slice(5))
  const [nextYear, nextMonth] = month === 12 ? [year + 1, 1] : [year, month + 1]
  return `${String(nextYear).padStart(4, '0')}-${String(nextMonth).padStart(2, '0')}`
}

/** Its own month while that is open, else the first month after all closed ones. */
export function openPeriodFor(period: string, closedThrough: string | null): string {
  return closedThrough === null || period > closedThrough ? period : nextPeriod(closedThrough)
}
