import { createHash, randomBytes, randomUUID } from "node:crypto"
import type { Clock } from "@ashlar/core"
import { sanitizeFilename } from "@ashlar/core/files"
import type { ObjectNames } from "./storage.ts"

export interface NameFacts {
  readonly originalName: string
  readonly clock: Clock
  /** In hex; for `hash`. */
  readonly sha256?: string
}

const MAX_EXTENSION = 12
const MAX_NAME_BYTES = 200

/** The name of an object that has none yet. What a function of the caller's gives is checked as any key is. */
export function nameObject(names: ObjectNames, { originalName, clock, sha256 = "" }: NameFacts): string {
  const extension = extensionIn(originalName)
  if (typeof names === "function") return names({ originalName: sanitizeFilename(originalName), extension })
  switch (names) {
    case "uuid":
      return randomUUID() + extension
    case "timestamp":
      return `${new Date(clock.now()).toISOString().replace(/[-:.]/g, "")}-${randomBytes(4).toString("hex")}${extension}`
    case "hash":
      return sha256 + extension
    case "original":
      return shorten(sanitizeFilename(originalName), extension)
  }
}

/** With its dot, in lower case; empty where the name has none that is plain. */
function extensionIn(name: string): string {
  const match = /\.([A-Za-z0-9]{1,12})$/.exec(name)
  return match === null || match[1]!.length > MAX_EXTENSION ? "" : `.${match[1]!.toLowerCase()}`
}

/** A name may have 255 bytes where it came from, and a segment of a key 200. */
function shorten(name: string, extension: string): string {
  const encoder = new TextEncoder()
  if (encoder.encode(name).length <= MAX_NAME_BYTES) return name
  const mark = `-${createHash("sha256").update(name).digest("hex").slice(0, 8)}${extension}`
  let stem = ""
  let used = mark.length
  for (const character of name) {
    used += encoder.encode(character).length
    if (used > MAX_NAME_BYTES) break
    stem += character
  }
  return stem.trimEnd() + mark
}
