import { readFileSync } from "node:fs"
import type { Row } from "../row.ts"
import { median } from "../statistics.ts"
import type { Install } from "./install.ts"

const STARTS = 5
const IDLE_MS = 5000

/** A second start, when everything is installed, built and migrated; and what the platform holds when nobody asks. */
export async function* measureStart(install: Install): AsyncGenerator<Row> {
  const times: number[] = []
  for (let turn = 0; turn < STARTS; turn++) {
    times.push(await install.start())
    if (turn < STARTS - 1) await install.stop()
  }
  yield { case: "ready-ms", subject: "ashlar", unit: "ms", value: median(times) }
  await Bun.sleep(IDLE_MS)
  const bytes = install.pids().filter(isPlatform).map(residentKb)
  yield { case: "idle-mb", subject: "ashlar", unit: "MB", value: bytes.reduce((sum, kb) => sum + kb, 0) / 1024 }
  await install.stop()
}

/** The bootstrap's Node process only waits; it is no part of the platform. */
function isPlatform(pid: number): boolean {
  return !readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("run.mjs")
}

function residentKb(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0)
}
