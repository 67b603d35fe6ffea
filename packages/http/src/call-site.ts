/** The first place outside this package on the stack, as `file:line`: where a developer declared a route. */
export function callSite(): string {
  const holder: { stack?: string } = {}
  Error.captureStackTrace?.(holder, callSite)
  const here = new URL(".", import.meta.url).pathname
  for (const line of holder.stack?.split("\n") ?? []) {
    const place = /\(?((?:file:\/\/)?\/[^():]+|[A-Za-z]:[^():]+):(\d+)(?::\d+)?\)?$/.exec(line.trim())
    if (place === null) continue
    const file = place[1]!.replace("file://", "")
    if (file.startsWith(here) && !file.endsWith(".test.ts")) continue
    return `${file}:${place[2]}`
  }
  return "unknown place"
}
