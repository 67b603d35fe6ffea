import type { CpuInfo } from "node:os"

/** One figure. Ratios compare figures of one run, on one machine, in the same minutes. */
export interface Row {
  readonly case: string
  /** Who did the work: `ashlar`, `raw` … */
  readonly subject: string
  readonly unit: string
  readonly value: number
  /** This value divided by that of the raw runtime or engine doing the same. */
  readonly ratioToRaw?: number
  /** The best of the others that do the same, and this value divided by that one's. */
  readonly peer?: string
  readonly ratioToPeer?: number
  /** How many rounds were measured, and in how many of them this value was below the peer's. */
  readonly rounds?: number
  readonly roundsAhead?: number
}

export function machine(
  processors: readonly CpuInfo[],
  memoryBytes: number,
): Readonly<Record<string, string | number>> {
  return {
    processor: processors[0]?.model.trim() ?? "unknown",
    cores: processors.length,
    memoryGb: Math.round(memoryBytes / 2 ** 30),
    platform: `${process.platform}-${process.arch}`,
    bun: Bun.version,
  }
}

const COLUMNS = [18, 14, 14, 8, 8, 20] as const

export function printTable(rows: readonly Row[], withHead: boolean): void {
  const line = (cells: readonly string[]): void =>
    console.log(
      cells
        .map((cell, at) => (at < 2 ? cell.padEnd(COLUMNS[at]!) : cell.padStart(COLUMNS[at]!)))
        .join(" ")
        .trimEnd(),
    )
  if (withHead) line(["case", "subject", "value", "to raw", "to peer", "rounds ahead of"])
  for (const row of rows) {
    line([
      row.case,
      row.subject,
      `${shown(row.value)} ${row.unit}`.trimEnd(),
      row.ratioToRaw?.toFixed(2) ?? "",
      row.ratioToPeer?.toFixed(2) ?? "",
      row.rounds === undefined ? "" : `${row.roundsAhead}/${row.rounds} ${row.peer}`,
    ])
  }
}

function shown(value: number): string {
  return value >= 100 || Number.isInteger(value) ? Math.round(value).toLocaleString("en") : value.toFixed(2)
}
