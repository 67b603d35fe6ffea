/**
 * The path part of a request's URL, still encoded, found without building a `URL`. Where the Host header is none, Bun gives
 * the path alone.
 */
export function pathOf(url: string): string {
  if (url.charCodeAt(0) === 47) return pathOfTarget(url)
  const start = url.indexOf("/", url.indexOf("//") + 2)
  if (start === -1) return "/"
  const end = url.indexOf("?", start)
  return end === -1 ? url.slice(start) : url.slice(start, end)
}

const HOST = /^(?:\[[0-9a-f:.]+\]|[\w\-.~%!$&'()*+,;=]*)(?::\d*)?$/i
let lastHost = ""

/**
 * Whether a Host header is a host and a port, and nothing that could be taken for a path behind it. Most requests of a
 * server name the same one. @see RFC 9110, section 7.2
 */
export function isHost(text: string): boolean {
  if (text === lastHost) return true
  if (!HOST.test(text)) return false
  lastHost = text
  return true
}

/** What follows the first `?` of a URL, without it. */
export function queryOf(url: string): string {
  const start = url.indexOf("?")
  return start === -1 ? "" : url.slice(start + 1)
}

/** The path part of a request's target, which is a path itself, or an absolute URL from those who talk to proxies. */
export function pathOfTarget(target: string): string {
  if (target.charCodeAt(0) !== 47) return pathOf(target)
  const end = target.indexOf("?")
  return end === -1 ? target : target.slice(0, end)
}
