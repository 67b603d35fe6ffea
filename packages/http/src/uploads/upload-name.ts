import { sanitizeFilename } from "@ashlar/core/files"
import { UploadMisused } from "../errors.ts"
import type { IncomingFile } from "./upload-target.ts"

/**
 * How stored files are named: `uuid` (random, so that nobody guesses one), `timestamp` (in the order they came, with 8
 * random digits), or by a function. The extension of the first two is that of the content's type, never the sender's.
 */
export type UploadNames = "uuid" | "timestamp" | ((file: IncomingFile) => string)

/** @throws {HTTP_UPLOAD_MISUSED} for a function's name that is no plain, harmless file name. */
export function chooseName(names: UploadNames, file: IncomingFile): string {
  if (names === "uuid") return crypto.randomUUID() + file.extension
  if (names === "timestamp") {
    const time = new Date().toISOString().replace(/[-:.]/g, "")
    return `${time}-${crypto.randomUUID().slice(0, 8)}${file.extension}`
  }
  const name = names(file)
  if (sanitizeFilename(name) === name) return name
  throw new UploadMisused(
    `Expected \`names\` to give a plain file name, got ${JSON.stringify(name)}. Pass what you build it from through sanitizeFilename`,
  )
}
