/** The path part of an absolute URL, still encoded, found without building a `URL`. */
export function pathOf(url: string): string {
  const start = url.indexOf("/", url.indexOf("//") + 2)
  if (start === -1) return "/"
  const end = url.indexOf("?", start)
  return end === -1 ? url.slice(start) : url.slice(start, end)
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
