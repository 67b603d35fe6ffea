import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import type { DeployRequest, FunctionInfo, FunctionVersion, Limits, Runtime } from "@ashlar/sdk"

/**
 * What was deployed from here, so that the next deploy can leave out what has not changed. The server shows the names of
 * environment variables but never their values, so only a note of our own can tell whether those are the same. The note
 * holds hashes, no values.
 */
export interface DeployNotes {
  /** True when the active version is what `request` would make. */
  isCurrent(target: Target, request: DeployRequest, sha256: string): boolean
  record(target: Target, request: DeployRequest, version: FunctionVersion): void
}

/** A function on a server, and what it is there now. */
export interface Target {
  readonly server: string
  readonly project: string
  readonly info: FunctionInfo | undefined
  readonly active: FunctionVersion | undefined
}

interface Note {
  readonly version: number
  readonly fingerprint: string
}

/** Opens the notes of a project's folder. They may be deleted at any time: then functions with variables are uploaded again. */
export function openDeployNotes(folder: string): DeployNotes {
  const path = join(folder, ".ashlar", "deployed.json")
  const notes = read(path)
  const keyOf = ({ server, project }: Target, name: string) => `${server} ${project}/${name}`
  return {
    isCurrent(target, request, sha256) {
      const { info, active } = target
      if (!info || !active || active.sha256 !== sha256 || active.runtime !== request.runtime) return false
      const note = notes[keyOf(target, request.name)]
      if (note?.version === active.version) return note.fingerprint === fingerprint(request)
      return !hasVariables(request) && isSameSettings(info, request)
    },
    record(target, request, { version }) {
      const key = keyOf(target, request.name)
      // The latest comes last, so that the oldest notes go first.
      delete notes[key]
      if (hasVariables(request)) notes[key] = { version, fingerprint: fingerprint(request) }
      else if (!existsSync(path)) return
      for (const old of Object.keys(notes).slice(0, -MAX_NOTES)) delete notes[old]
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, `${JSON.stringify(notes, null, 2)}\n`, { mode: 0o600 })
    },
  }
}

/** Folders that are deployed to many servers, as tests do, must not collect notes for ever. */
const MAX_NOTES = 200

function hasVariables({ env = {} }: DeployRequest): boolean {
  return Object.keys(env).length > 0
}

/** What a server fills in for limits that are left out; one that fills in something else gets one upload too many. */
const usualLimits: Readonly<Record<Runtime, Required<Limits>>> = (() => {
  const shared = { wallMs: 10_000, cpuMs: 2_000, bodyBytes: 5_242_880, logLines: 1_000, concurrency: 8, queue: 64 }
  return { bun: { ...shared, memoryMb: 256 }, quickjs: { ...shared, memoryMb: 128 } }
})()

function isSameSettings(info: FunctionInfo, request: DeployRequest): boolean {
  const same = (a: readonly string[], b: readonly string[]) => a.toSorted().join("\n") === b.toSorted().join("\n")
  const limits = Object.entries({ ...usualLimits[request.runtime], ...request.limits })
  return (
    info.access === (request.access ?? "secret") &&
    same(info.egress, request.egress ?? []) &&
    info.env.length === 0 &&
    limits.every(([name, value]) => info.limits[name as keyof Limits] === value)
  )
}

function fingerprint(request: DeployRequest): string {
  const sorted = (record: object = {}) => Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1))
  const { code, runtime, access, egress = [], env, limits } = request
  const facts = [code, runtime, access, egress.toSorted(), sorted(env), sorted(limits)]
  return createHash("sha256").update(JSON.stringify(facts)).digest("hex")
}

function read(path: string): Record<string, Note> {
  if (!existsSync(path)) return {}
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Record<string, Note>
  } catch {
    // A damaged note is no note: the worst that follows is one more upload.
    return {}
  }
}
