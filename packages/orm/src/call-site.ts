import { dirname } from "node:path"
import { fileURLToPath } from "node:url"

/** This package's own folder, and the query builder's: a query does not come from there. */
const own: readonly string[] = [`${dirname(fileURLToPath(import.meta.url))}/`, "/node_modules/kysely/"]
const FRAME = /\(?((?:file:\/\/)?[^()\s]+:\d+:\d+)\)?$/

/** `file:line:column` of the code that called into this package, if the stack tells. 2 to 7 µs. */
export function callSite(): string | undefined {
  const holder: { stack?: string } = {}
  Error.captureStackTrace(holder, callSite)
  for (const line of holder.stack?.split("\n").slice(1) ?? []) {
    const place = FRAME.exec(line)?.[1]?.replace("file://", "")
    const isCaller = place !== undefined && !place.startsWith("node:") && !place.startsWith("native:")
    if (isCaller && !own.some((folder) => place.includes(folder))) return place
  }
  return undefined
}
