/** A few counters and histograms in Prometheus' text format. @see https://prometheus.io/docs/instrumenting/exposition_formats/ */

type Labels = Readonly<Record<string, string>>

export interface Sample {
  readonly name: string
  readonly help: string
  readonly type: "counter" | "gauge"
  readonly values: readonly (readonly [labels: Labels, value: number])[]
}

/** Upper bounds of the latency buckets, in seconds. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const

interface Series {
  readonly labels: Labels
  readonly buckets: number[]
  count: number
  sum: number
}

export interface RequestMetrics {
  /** Counts one answered request. Labels come from the route table, so their number is bounded. */
  observe(route: string, method: string, status: number, seconds: number): void
  lines(): string[]
}

export function createRequestMetrics(): RequestMetrics {
  const series = new Map<string, Series>()
  return {
    observe(route, method, status, seconds) {
      const key = `${method} ${route} ${status}`
      let one = series.get(key)
      if (one === undefined) {
        one = { labels: { route, method, status: String(status) }, buckets: BUCKETS.map(() => 0), count: 0, sum: 0 }
        series.set(key, one)
      }
      one.count++
      one.sum += seconds
      for (let index = BUCKETS.length - 1; index >= 0 && seconds <= BUCKETS[index]!; index--) one.buckets[index]!++
    },
    lines() {
      const name = "ashlar_http_request_duration_seconds"
      const lines = [
        `# HELP ${name} How long requests took, from the first byte read to the answer's head.`,
        `# TYPE ${name} histogram`,
      ]
      for (const { labels, buckets, count, sum } of series.values()) {
        BUCKETS.forEach((bound, index) => {
          lines.push(`${name}_bucket${format({ ...labels, le: String(bound) })} ${buckets[index]}`)
        })
        lines.push(`${name}_bucket${format({ ...labels, le: "+Inf" })} ${count}`)
        lines.push(`${name}_sum${format(labels)} ${sum}`, `${name}_count${format(labels)} ${count}`)
      }
      return lines
    },
  }
}

export function sampleLines(samples: readonly Sample[]): string[] {
  return samples.flatMap(({ name, help, type, values }) => [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} ${type}`,
    ...values.map(([labels, value]) => `${name}${format(labels)} ${value}`),
  ])
}

function format(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`)
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`
}

function escapeLabel(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")
}
