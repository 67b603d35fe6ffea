/**
 * The first place outside this package on the stack, as `file:line`: where a developer declared a route.
 * @param folder One more folder to pass over: that of a package which declares routes for others. `import.meta.url` says it.
 */
export function callSite(folder?: string): string {
  const holder: { stack?: string } = {}
  Error.captureStackTrace?.(holder, callSite)
  const passed = [import.meta.url, folder ?? import.meta.url].map((url) => new URL(".", url).pathname)
  for (const line of holder.stack?.split("\n") ?? []) {
    const place = /\(?((?:file:\/\/)?\/[^():]+|[A-Za-z]:[^():]+):(\d+)(?::\d+)?\)?$/.exec(line.trim())
    if (place === null) continue
    const file = place[1]!.replace("file://", "")
    if (passed.some((one) => file.startsWith(one)) && !file.endsWith(".test.ts")) continue
    return `${file}:${place[2]}`
  }
  return "unknown place"
}
