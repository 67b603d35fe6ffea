import { callerOutside, folderOf } from "@ashlar/core/stack"

/** This package's own folder, and the query builder's: a query does not come from there. */
const OWN = folderOf(import.meta.url)
const isOwn = (file: string): boolean => file.startsWith(OWN) || file.includes("/node_modules/kysely/")

/** `file:line:column` of the code that called into this package, if the stack tells. */
export function callSite(): string | undefined {
  const caller = callerOutside(isOwn)
  return caller && `${caller.file}:${caller.line}:${caller.column}`
}
