/**
 * The path part of a request's URL, still encoded, found without building a `URL`. Where the Host header is none, Bun gives
 * the path alone.
 */
export function pathOf(url: string): string {
  if (url.charCodeAt(0) === 47) return pathOfTarget(url)
  const start = url.indexOf("/", hostStart(url))
  if (start === -1) return "/"
  const end = url.indexOf("?", start)
  return end === -1 ? url.slice(start) : url.slice(start, end)
}

/** Where the host begins in a URL: mostly behind `http://` or `https://`, which is told without a search. */
export function hostStart(url: string): number {
  if (url.charCodeAt(6) === 47) {
    if (url.charCodeAt(5) === 47 && url.charCodeAt(4) === 58) return 7
    if (url.charCodeAt(7) === 47 && url.charCodeAt(5) === 58) return 8
  }
  return url.indexOf("//") + 2
}

const HOST = /^(?:\[[0-9a-f:.]+\]|[\w\-.~%!$&'()*+,;=]*)(?::\d*)?$/i
let lastHost = ""

/**
 * Whether a Host header, or what stands in its place in a longer text, is a host and a port, and nothing that could be taken
 * for a path behind it. Most requests of a server name the same one. @see RFC 9110, section 7.2
 */
export function isHost(text: string, start = 0, end: number = text.length): boolean {
  if (end - start === lastHost.length && text.startsWith(lastHost, start)) return true
  const host = text.slice(start, end)
  if (!HOST.test(host)) return false
  lastHost = host
  return true
}

/** The host of an absolute target, with its port where it has one; null where the target is a path. */
export function hostIn(target: string): string | null {
  return /^https?:\/\/(?:[^/?#@]*@)?([^/?#]+)/i.exec(target)?.[1] ?? null
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
