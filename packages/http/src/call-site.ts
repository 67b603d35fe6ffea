import { callerOutside, folderOf } from "@ashlar/core/stack"

/** This package's own folder. */
const OWN = folderOf(import.meta.url)

/** Whether a file is in one of these folders; their tests are somebody's program. */
export function isWithin(file: string, folders: readonly string[]): boolean {
  return folders.some((folder) => file.startsWith(folder)) && !file.endsWith(".test.ts")
}

/**
 * The first place outside this package on the stack, as `file:line`: where a developer declared a route.
 * @param url One more folder to pass over: that of a package which declares routes for others, by its `import.meta.url`.
 */
export function callSite(url?: string): string {
  const folders = url === undefined ? [OWN] : [OWN, folderOf(url)]
  const caller = callerOutside((file) => isWithin(file, folders))
  return caller === undefined ? "unknown place" : `${caller.file}:${caller.line}`
}
