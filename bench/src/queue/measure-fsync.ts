import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** Microseconds of one `fdatasync` after a write of a page, where the queues are kept: the median. */
export function measureFsync(): number {
  const folder = mkdtempSync(join(tmpdir(), "ashlar-bench-fsync-"))
  const file = openSync(join(folder, "file"), "w")
  const page = new Uint8Array(4_096)
  const samples: number[] = []
  for (let at = 0; at < 200; at++) {
    writeSync(file, page)
    const started = performance.now()
    fdatasyncSync(file)
    samples.push((performance.now() - started) * 1_000)
  }
  closeSync(file)
  rmSync(folder, { recursive: true, force: true })
  return samples.toSorted((a, b) => a - b)[samples.length >> 1]!
}
