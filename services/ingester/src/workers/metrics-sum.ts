// Adds up the Prometheus texts of several processes: counters and histograms series by series. A gauge is
// a state of its process and has no meaningful sum, so each keeps its own, told apart by a label. Pure.

interface Family {
  /** Its HELP and TYPE lines. */
  readonly head: string[]
  isGauge: boolean
  readonly samples: Map<string, number>
}

/** What becomes of gauges: a label for each, nothing for those that are left as they are. */
type Gauges = { readonly label: string } | 'left out' | 'as they are'

export class MetricsSum {
  readonly #families = new Map<string, Family>()

  add(text: string, gauges: Gauges): void {
    let family: Family | undefined
    for (const line of text.split('\n')) {
      const [, keyword, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) ?(.*)$/.exec(line) ?? []
      if (keyword !== undefined) {
        family = this.#family(name)
        if (keyword === 'TYPE') family.isGauge = rest === 'gauge'
        if (!family.head.includes(line)) family.head.push(line)
      } else if (family !== undefined && line !== '' && !line.startsWith('#')) {
        addSample(family, line, gauges)
      }
    }
  }

  text(): string {
    const lines: string[] = []
    for (const { head, samples } of this.#families.values()) {
      if (samples.size === 0) continue
      lines.push(...head)
      for (const [series, value] of samples) lines.push(`${series} ${value}`)
    }
    return lines.map(line => `${line}\n`).join('')
  }

  #family(name: string): Family {
    const known = this.#families.get(name) ?? { head: [], isGauge: false, samples: new Map() }
    this.#families.set(name, known)
    return known
  }
}

function addSample({ isGauge, samples }: Family, line: string, gauges: Gauges): void {
  // A label's value may hold spaces, the number never does.
  const end = line.lastIndexOf(' ')
  const value = Number(line.slice(end + 1))
  let series = line.slice(0, end)
  if (isGauge && gauges === 'left out') return
  if (isGauge && typeof gauges === 'object') series = labelled(series, gauges.label)
  samples.set(series, (samples.get(series) ?? 0) + value)
}

function labelled(series: string, label: string): string {
  const at = series.indexOf('{')
  if (at === -1) return `${series}{${label}}`
  return `${series.slice(0, at)}{${label},${series.slice(at + 1)}`
}
