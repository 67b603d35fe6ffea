import { hostStart, isHost } from "../context/target.ts"
import { headerOf } from "./deno-inside.ts"

/**
 * Whether the path of a request on Deno is the one that was sent. Deno makes `request.url` of the Host header, as it came,
 * and the target: `Host: a/admin?` turns `/ok` into `/admin`. A Host with a slash leaves a second one behind it, wherever:
 * the target begins with one. So where there is but one the Host is what stands before it; else the header is read.
 */
export function isPathAsSent(request: Request, url: string): boolean {
  const start = hostStart(url)
  const slash = url.indexOf("/", start)
  if (slash === -1) return isHost(url, start)
  if (url.indexOf("/", slash + 1) === -1) return isHost(url, start, slash)
  const host = headerOf(request, "host")
  return host === null || host === "" || isHost(host)
}
