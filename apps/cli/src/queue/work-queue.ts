import { existsSync, watch } from "node:fs"
import { dirname, join, resolve } from "node:path"
import type { Cli, Outcome } from "../cli.ts"
import { InputInvalid } from "../errors.ts"
import { printable } from "../text.ts"
import { followQueue } from "./follow-queue.ts"
import { type QueueFlags, queueUrl } from "./queue-flags.ts"

interface WorkFlags extends QueueFlags {
  readonly jobs?: readonly string[]
  readonly concurrency: number
  readonly grace: number
  readonly once?: boolean
}

/** What a worker tells while it works. */
interface Told {
  readonly event: "working" | "completed" | "retried" | "failed" | "lost" | "error"
  readonly id?: string
  readonly name?: string
  readonly attempt?: number
  readonly durationMs?: number
  readonly delayMs?: number
  readonly jobs?: readonly string[]
  readonly error?: { readonly name: string; readonly message: string; readonly code?: string }
}
interface Report {
  readonly clean: boolean
  readonly released: number
  readonly jobs: readonly { readonly name: string; readonly completed: number; readonly failed: number }[]
}

const USUAL_JOBS: readonly string[] = ["src/jobs", "src/jobs.ts", "jobs", "jobs.ts"]
/** Editors write a file in several steps. */
const SETTLE_MS = 100

/** `queue work`. */
export async function workQueue(cli: Cli, flags: WorkFlags): Promise<Outcome> {
  const value = await work(cli, flags, cli.io.signal)
  const sum = (key: "completed" | "failed") => value.jobs.reduce((all, job) => all + job[key], 0)
  const given = value.released > 0 ? `, ${value.released} given back` : ""
  return { value, text: `${sum("completed")} completed, ${sum("failed")} failed for good${given}.` }
}

/** `queue listen`. */
export async function listenQueue(cli: Cli, flags: WorkFlags): Promise<Outcome | undefined> {
  const places = placesOf(cli, flags)
  const { signal } = cli.io
  while (!signal.aborted) {
    const changed = new AbortController()
    const stop = watchPlaces(places, () => changed.abort())
    try {
      await work(cli, flags, AbortSignal.any([signal, changed.signal]))
    } catch (error) {
      // What is wrong in a file the next change may put right.
      if (signal.aborted) break
      cli.io.stderr(`${printable(error instanceof Error ? error.message : String(error))}\n`)
      await aborted(AbortSignal.any([signal, changed.signal]))
    } finally {
      stop()
    }
    if (!signal.aborted) cli.io.stderr("A file has changed.\n")
  }
  return undefined
}

async function work(cli: Cli, flags: WorkFlags, signal: AbortSignal): Promise<Report> {
  const graceMs = flags.grace * 1_000
  const request = {
    command: "work",
    url: queueUrl(cli, flags),
    name: flags.name,
    jobs: placesOf(cli, flags),
    concurrency: flags.concurrency,
    graceMs,
    once: flags.once === true,
  }
  const onTold = (told: Told) => cli.line(told, toText(cli, told))
  return await followQueue(cli, request, { runtime: flags.runtime, onTold, signal, patienceMs: graceMs + 5_000 })
}

function placesOf({ io }: Cli, { jobs }: WorkFlags): readonly string[] {
  if (jobs !== undefined) return jobs.map((place) => resolve(io.cwd, place))
  const usual = USUAL_JOBS.find((place) => existsSync(join(io.cwd, place)))
  if (usual !== undefined) return [resolve(io.cwd, usual)]
  throw new InputInvalid(`There are no jobs in ${USUAL_JOBS.join(", ")}. Name the files that export them with --jobs.`)
}

function watchPlaces(places: readonly string[], onChange: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  const changed = () => {
    clearTimeout(timer)
    timer = setTimeout(onChange, SETTLE_MS)
  }
  // What jobs import is beside them: the folder of a single file is watched too.
  const folders = new Set(places.map((place) => (/\.[cm]?[jt]s$/.test(place) ? dirname(place) : place)))
  const watchers = [...folders].map((folder) => watch(folder, { recursive: true }, changed))
  return () => {
    clearTimeout(timer)
    for (const watcher of watchers) watcher.close()
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }))
}

function toText(
  cli: Cli,
  { event, id = "", name = "", attempt = 1, durationMs, delayMs, jobs = [], error }: Told,
): string {
  const { dim, red, yellow, green, cyan } = cli.colors
  if (event === "working") return `${cyan("working")} on ${printable(jobs.join(", "))}`
  const why = error === undefined ? "" : ` ${error.code ?? error.name}: ${error.message.split("\n")[0]}`
  const paint = { completed: green, retried: yellow, failed: red, lost: yellow, error: red }[event]
  const took = durationMs === undefined ? "" : ` in ${Math.round(durationMs)} ms`
  const again = delayMs === undefined ? "" : `, again in ${Math.round(delayMs / 1_000)} s`
  const which = attempt > 1 ? ` (attempt ${attempt})` : ""
  return `${paint(event.padEnd(9))} ${dim(printable(id.slice(-6)))} ${printable(`${name}${which}${took}${again}${why}`)}`
}
