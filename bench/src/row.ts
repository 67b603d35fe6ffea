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
  readonly peer?: string
  readonly ratioToPeer?: number
}

/** Gives its rows as they are measured, so that whoever waits sees them come. */
export type Benchmark = () => AsyncIterable<Row>

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

const COLUMNS = [16, 14, 12, 10] as const

export function printTable(rows: readonly Row[], withHead: boolean): void {
  const line = (cells: readonly string[]): void =>
    console.log(cells.map((cell, at) => (at < 2 ? cell.padEnd(COLUMNS[at]!) : cell.padStart(COLUMNS[at]!))).join(" "))
  if (withHead) line(["case", "subject", "value", "to raw"])
  for (const row of rows) {
    line([
      row.case,
      row.subject,
      `${shown(row.value)} ${row.unit}`,
      row.ratioToRaw === undefined ? "" : row.ratioToRaw.toFixed(2),
    ])
  }
}

function shown(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString("en") : value.toFixed(2)
}
