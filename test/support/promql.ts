// As much of PromQL as our alert rules use, over series given as samples: enough to see a rule fire and
// not fire. Counters are taken as sampled, without the extrapolation of a real Prometheus.

export interface Series {
  readonly labels: Readonly<Record<string, string>>
  /** Seconds and value, oldest first. */
  readonly samples: readonly (readonly [at: number, value: number])[]
}

interface Point {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

type Value = number | readonly Point[]

/** The series for which the expression has a value at that time: those an alert would fire for. */
export function evaluate(expression: string, series: readonly Series[], at: number): Point[] {
  const parser = new Evaluator(expression, series, at)
  const value = parser.all()
  return typeof value === 'number' ? [{ labels: {}, value }] : [...value]
}

const token =
  /\s*(=~|!~|!=|==|>=|<=|"(?:[^"\\]|\\.)*"|\d+(?:\.\d+)?(?:[smhd](?![a-z]))?|[A-Za-z_:][\w:]*|[{}()[\],=<>*/+-])/y
const staleSeconds = 300
const unitSeconds: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 }

class Evaluator {
  readonly #tokens: string[] = []
  readonly #series: readonly Series[]
  readonly #at: number
  #next = 0

  constructor(expression: string, series: readonly Series[], at: number) {
    const text = expression.trimEnd()
    token.lastIndex = 0
    while (token.lastIndex < text.length) {
      const from = token.lastIndex
      const match = token.exec(text)
      if (match === null) throw new Error(`not understood: ${text.slice(from)}`)
      this.#tokens.push(match[1] ?? '')
    }
    this.#series = series
    this.#at = at
  }

  all(): Value {
    const value = this.#and()
    if (this.#peek() !== undefined) throw new Error(`not understood: ${this.#peek()}`)
    return value
  }

  #and(): Value {
    let left = this.#comparison()
    while (this.#peek() === 'and') {
      this.#take()
      const right = points(this.#comparison())
      left = points(left).filter(one => right.some(other => sameLabels(one, other)))
    }
    return left
  }

  #comparison(): Value {
    const left = this.#sum()
    const operator = this.#peek()
    if (operator === undefined || !['>', '<', '>=', '<=', '==', '!='].includes(operator))
      return left
    this.#take()
    const right = this.#sum()
    if (typeof right !== 'number') throw new Error('compares with a number only')
    return points(left).filter(({ value }) => compare(operator, value, right))
  }

  #sum(): Value {
    return this.#operation(['+', '-'], () => this.#product())
  }

  #product(): Value {
    return this.#operation(['*', '/'], () => this.#operand())
  }

  #operation(operators: readonly string[], operand: () => Value): Value {
    let left = operand()
    while (operators.includes(this.#peek() ?? '')) {
      const operator = this.#take()
      left = combine(operator, left, operand())
    }
    return left
  }

  #operand(): Value {
    const name = this.#peek() ?? ''
    if (name === '(') return this.#parenthesized(() => this.#and())
    if (/^\d/.test(name)) return Number(this.#take())
    if (['sum', 'max', 'min'].includes(name)) return this.#aggregate(this.#take())
    if (name === 'rate' || name === 'increase') {
      this.#take()
      return this.#parenthesized(() => this.#range(name))
    }
    if (name === 'histogram_quantile') {
      this.#take()
      return this.#parenthesized(() => {
        const quantile = Number(this.#take())
        this.#expect(',')
        return quantileOf(quantile, points(this.#and()))
      })
    }
    return this.#select().flatMap(({ labels, samples }) => {
      const [sampledAt, value] = samples.findLast(([at]) => at <= this.#at) ?? []
      const isFresh = sampledAt !== undefined && this.#at - sampledAt <= staleSeconds
      return isFresh && value !== undefined ? [{ labels, value }] : []
    })
  }

  #range(name: string): Point[] {
    const selected = this.#select()
    this.#expect('[')
    const text = this.#take()
    const seconds = Number(text.slice(0, -1)) * (unitSeconds[text.at(-1) ?? ''] ?? 0)
    this.#expect(']')
    return selected.flatMap(({ labels, samples }) => {
      const window = samples.filter(([at]) => at >= this.#at - seconds && at <= this.#at)
      if (window.length < 2) return []
      let increase = 0
      for (const [index, [, value]] of window.entries()) {
        const before = window[index - 1]?.[1] ?? value
        increase += value >= before ? value - before : value
      }
      return [{ labels, value: name === 'rate' ? increase / seconds : increase }]
    })
  }

  #aggregate(how: string): Point[] {
    const by: string[] = []
    if (this.#peek() === 'by') {
      this.#take()
      this.#expect('(')
      for (let label = this.#take(); label !== ')'; label = this.#take()) {
        if (label !== ',') by.push(label)
      }
    }
    const groups = new Map<string, { labels: Record<string, string>; values: number[] }>()
    for (const { labels, value } of points(this.#parenthesized(() => this.#and()))) {
      const kept = Object.fromEntries(by.map(label => [label, labels[label] ?? '']))
      const group = groups.get(JSON.stringify(kept)) ?? { labels: kept, values: [] }
      groups.set(JSON.stringify(kept), group)
      group.values.push(value)
    }
    return [...groups.values()].map(({ labels, values }) => {
      if (how === 'sum') return { labels, value: values.reduce((sum, value) => sum + value, 0) }
      return { labels, value: how === 'max' ? Math.max(...values) : Math.min(...values) }
    })
  }

  #select(): Series[] {
    const tests: ((labels: Readonly<Record<string, string>>) => boolean)[] = []
    if (this.#peek() !== '{') {
      const name = this.#take()
      tests.push(labels => labels['__name__'] === name)
    }
    if (this.#peek() === '{') {
      this.#take()
      while (this.#peek() !== '}') {
        const [label, operator, text] = [this.#take(), this.#take(), this.#take()]
        tests.push(matcher(label, operator, JSON.parse(text) as string))
        if (this.#peek() === ',') this.#take()
      }
      this.#take()
    }
    return this.#series.filter(({ labels }) => tests.every(test => test(labels)))
  }

  #parenthesized<Result>(inner: () => Result): Result {
    this.#expect('(')
    const result = inner()
    this.#expect(')')
    return result
  }

  #peek(): string | undefined {
    return this.#tokens[this.#next]
  }

  #take(): string {
    const taken = this.#tokens[this.#next++]
    if (taken === undefined) throw new Error('the expression ends too early')
    return taken
  }

  #expect(what: string): void {
    const taken = this.#take()
    if (taken !== what) throw new Error(`${what} expected, not ${taken}`)
  }
}

function matcher(label: string, operator: string, text: string) {
  const pattern = new RegExp(`^(?:${text})$`)
  return (labels: Readonly<Record<string, string>>): boolean => {
    const value = labels[label] ?? ''
    const matches = operator.endsWith('~') ? pattern.test(value) : value === text
    return operator.startsWith('!') ? !matches : matches
  }
}

function points(value: Value): readonly Point[] {
  return typeof value === 'number' ? [{ labels: {}, value }] : value
}

function sameLabels(a: Point, b: Point): boolean {
  const text = ({ labels }: Point): string =>
    Object.entries(unnamed(labels))
      .map(([name, value]) => JSON.stringify([name, value]))
      .toSorted((a, b) => (a < b ? -1 : 1))
      .join()
  return text(a) === text(b)
}

function unnamed(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).filter(([label]) => label !== '__name__'))
}

function compare(operator: string, left: number, right: number): boolean {
  if (operator === '>') return left > right
  if (operator === '<') return left < right
  if (operator === '>=') return left >= right
  if (operator === '<=') return left <= right
  return (left === right) === (operator === '==')
}

function combine(operator: string, left: Value, right: Value): Value {
  const apply = (a: number, b: number): number => {
    if (operator === '+') return a + b
    if (operator === '-') return a - b
    return operator === '*' ? a * b : a / b
  }
  if (typeof left === 'number' && typeof right === 'number') return apply(left, right)
  if (typeof right === 'number') {
    return points(left).map(({ labels, value }) => ({
      labels: unnamed(labels),
      value: apply(value, right),
    }))
  }
  return points(left).flatMap(one => {
    const other = right.find(candidate => sameLabels(one, candidate))
    const labels = unnamed(one.labels)
    return other === undefined ? [] : [{ labels, value: apply(one.value, other.value) }]
  })
}

/** By linear interpolation within a bucket, as Prometheus does. */
function quantileOf(quantile: number, buckets: readonly Point[]): Point[] {
  const groups = new Map<string, { labels: Record<string, string>; steps: [number, number][] }>()
  for (const { labels, value } of buckets) {
    const { le = '', ...rest } = unnamed(labels)
    const group = groups.get(JSON.stringify(rest)) ?? { labels: rest, steps: [] }
    groups.set(JSON.stringify(rest), group)
    group.steps.push([le === '+Inf' ? Infinity : Number(le), value])
  }
  return [...groups.values()].flatMap(({ labels, steps }) => {
    steps.sort(([a], [b]) => a - b)
    const rank = quantile * (steps.at(-1)?.[1] ?? 0)
    if (rank === 0) return []
    const index = steps.findIndex(([, count]) => count >= rank)
    const [upper, count] = steps[index] ?? [0, 0]
    const [lower, below] = steps[index - 1] ?? [0, 0]
    const value =
      upper === Infinity ? lower : lower + ((upper - lower) * (rank - below)) / (count - below)
    return [{ labels, value }]
  })
}
