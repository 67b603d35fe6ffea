import { existsSync, readdirSync, statSync } from "node:fs"
import { join, resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { QueueOptionInvalid } from "./errors.ts"
import type { AnyHandledJob } from "./job.ts"

const SOURCE = /\.(?:ts|mts|js|mjs)$/
const NO_JOB = /(?:\.d\.m?ts|\.(?:test|spec)\.m?[jt]s|\.test-d\.ts)$/
const MAX_FILES = 5_000

/**
 * The jobs with handlers that files export, by any name, also in lists: of a file, or of a folder and those in it, but for tests.
 *
 * @throws {QUEUE_OPTION_INVALID} when there is none, or a file cannot be loaded.
 */
export async function loadJobs(places: readonly string[]): Promise<readonly AnyHandledJob[]> {
  const jobs = new Set<AnyHandledJob>()
  for (const file of places.flatMap((place) => filesOf(resolve(place))))
    for (const value of Object.values(await load(file)))
      for (const one of Array.isArray(value) ? (value as unknown[]) : [value]) if (isHandledJob(one)) jobs.add(one)
  if (jobs.size === 0)
    throw new QueueOptionInvalid(
      `No job with a handler is exported by ${places.join(", ") || "any file"}. Name where they are with --jobs.`,
    )
  return [...jobs]
}

function isHandledJob(value: unknown): value is AnyHandledJob {
  if (typeof value !== "object" || value === null) return false
  const { name, settings, run } = value as Partial<AnyHandledJob>
  return typeof name === "string" && typeof run === "function" && typeof settings?.backoff === "function"
}

async function load(file: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(file).href)) as Record<string, unknown>
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new QueueOptionInvalid(`${file} cannot be loaded: ${reason}`, { cause })
  }
}

function filesOf(place: string): readonly string[] {
  if (!existsSync(place)) throw new QueueOptionInvalid(`There is no ${place} to read jobs from.`)
  if (statSync(place).isFile()) return [place]
  const names = readdirSync(place, { recursive: true, encoding: "utf8" })
    .filter((name) => SOURCE.test(name) && !NO_JOB.test(name) && !/(?:^|[/\\])node_modules[/\\]/.test(name))
    .sort()
  if (names.length > MAX_FILES)
    throw new QueueOptionInvalid(`${place} holds more than ${MAX_FILES} files. Name a folder inside of it.`)
  return names.map((name) => join(place, name))
}
