/** How far a long benchmark is, on standard error: a bar on a terminal, a line per step elsewhere. */
export interface Progress {
  /** One more step is done. */
  step(text: string): void
  /** Leaves the terminal clean. */
  end(): void
}

const WIDTH = 24

export function createProgress(total: number): Progress {
  const { stderr } = process
  const started = performance.now()
  let done = 0
  return {
    step(text) {
      done++
      const left = Math.ceil(((performance.now() - started) / done) * ((total - done) / 1000))
      if (!stderr.isTTY) return void stderr.write(`[${done}/${total}] ${text}\n`)
      const filled = Math.round((done / total) * WIDTH)
      const bar = `${"█".repeat(filled)}${"░".repeat(WIDTH - filled)}`
      stderr.write(`\r\u001b[K${bar} ${Math.floor((done / total) * 100)} %, ${shown(left)} left · ${text}`)
    },
    end() {
      if (stderr.isTTY) stderr.write("\r\u001b[K")
    },
  }
}

function shown(seconds: number): string {
  return seconds >= 90 ? `${Math.round(seconds / 60)} min` : `${seconds} s`
}
