import type { Io } from "./io.ts"

/** Shows how far a long piece of work is, on standard error. */
export interface Progress {
  advance(steps: number): void
  /** Takes the bar away; what it stood for is over, well or not. */
  end(): void
}

const BAR_WIDTH = 24
const REDRAW_MS = 80

/**
 * Starts a bar on a terminal. Elsewhere it prints a line for every tenth of the work, when there are ten steps or more.
 *
 * @param total How many steps there are; at least 1.
 */
export function startProgress(io: Pick<Io, "stderr" | "live" | "columns">, label: string, total: number): Progress {
  const startedAtMs = performance.now()
  let done = 0
  let shownTenth = 0
  let drawnAtMs = Number.NEGATIVE_INFINITY

  function draw(): void {
    const part = Math.min(1, done / total)
    const filled = Math.round(part * BAR_WIDTH)
    const seconds = (performance.now() - startedAtMs) / 1000
    const left = part > 0.02 ? `, ${Math.ceil((seconds / part) * (1 - part))} s left` : ""
    const line = `${label} ${"█".repeat(filled)}${"░".repeat(BAR_WIDTH - filled)} ${done}/${total}${left}`
    io.stderr(`\r\u001b[K${line.slice(0, Math.max(10, io.columns - 1))}`)
  }

  if (io.live) draw()
  return {
    advance(steps) {
      done += steps
      if (io.live) {
        const nowMs = performance.now()
        if (nowMs - drawnAtMs < REDRAW_MS && done < total) return
        drawnAtMs = nowMs
        draw()
        return
      }
      const tenth = Math.floor((done / total) * 10)
      if (tenth > shownTenth && total >= 10) io.stderr(`${label} ${done}/${total}\n`)
      shownTenth = tenth
    },
    end() {
      if (io.live) io.stderr("\r\u001b[K")
    },
  }
}
