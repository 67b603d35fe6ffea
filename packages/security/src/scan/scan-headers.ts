import { ScanInputInvalid } from "../errors.ts"
import { type Finding, findingOf, type RuleId } from "./finding.ts"

/** An origin that nobody listed. `.invalid` is nobody's. */
const STRANGER = "https://ashlar-scan.invalid"
const TIMEOUT_MS = 10_000

/** Asks a running app once, as a browser on a page of a stranger's would, and looks at what it says. @throws {SECURITY_SCAN_INPUT_INVALID} */
export async function scanHeaders(address: string, ask: typeof fetch = fetch): Promise<readonly Finding[]> {
  const url = URL.parse(address)
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new ScanInputInvalid("Expected the URL of the app to begin with http:// or https://.")
  let response: Response
  try {
    const headers = { origin: STRANGER, accept: "text/html,*/*" }
    response = await ask(url, { headers, redirect: "manual", signal: AbortSignal.timeout(TIMEOUT_MS) })
  } catch (cause) {
    throw new ScanInputInvalid(`Nobody answers at ${url.origin}.`, { cause })
  }
  await response.body?.cancel()
  return judgeHeaders(url, response.headers)
}

/** What is wrong with the headers of an answer. */
export function judgeHeaders(url: URL, headers: Headers): readonly Finding[] {
  const findings: Finding[] = []
  const shown = `${url.origin}${url.pathname}`
  const add = (rule: RuleId, message: string, mark = ""): void => {
    findings.push(findingOf(rule, { message, place: { url: shown }, mark }))
  }
  const isLocal = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(url.hostname)
  if (url.protocol === "http:" && !isLocal) add("header/no-tls", "It is asked over http.")
  const csp = parseCsp(headers.get("content-security-policy"))
  if (csp === undefined) add("header/no-csp", "The answer has no Content-Security-Policy.")
  else {
    const scripts = csp.get("script-src") ?? csp.get("default-src")
    const isStrict = scripts?.some((source) => /^'(?:nonce-|sha\d|strict-dynamic)/.test(source)) === true
    const weak = scripts?.filter(
      (source) => /^(?:\*|https?:|data:|'unsafe-eval')$/.test(source) || (source === "'unsafe-inline'" && !isStrict),
    )
    if (weak === undefined) add("header/weak-csp", "The policy says nothing of scripts.")
    else if (weak.length > 0) add("header/weak-csp", `Scripts may come from ${weak.join(" ")}.`)
  }
  if (url.protocol === "https:" && !(hstsSeconds(headers.get("strict-transport-security")) >= 15_552_000))
    add("header/no-hsts", "Strict-Transport-Security is missing, or for less than half a year.")
  if (headers.get("x-content-type-options")?.trim().toLowerCase() !== "nosniff")
    add("header/no-nosniff", "X-Content-Type-Options is not nosniff.")
  if (csp?.has("frame-ancestors") !== true && !/^(?:deny|sameorigin)$/i.test(headers.get("x-frame-options") ?? ""))
    add("header/framing", "Neither frame-ancestors nor X-Frame-Options says who may frame it.")
  for (const name of ["x-powered-by", "server", "x-aspnet-version"]) {
    const value = headers.get(name)
    if (value !== null && (name !== "server" || /\d/.test(value)))
      add("header/banner", `${name} tells what it runs on.`, name)
  }
  if (
    headers.get("access-control-allow-origin") === STRANGER &&
    headers.get("access-control-allow-credentials") === "true"
  )
    add("header/cors", "It lets a page of any origin read answers that were made for its user.")
  for (const line of headers.getSetCookie()) judgeCookie(line, url.protocol === "https:" || !isLocal, add)
  return findings
}

function judgeCookie(line: string, isTls: boolean, add: (rule: RuleId, message: string, mark: string) => void): void {
  const [pair = "", ...rest] = line.split(";")
  const name = pair.slice(0, Math.max(0, pair.indexOf("="))).trim()
  const attributes = new Set(rest.map((one) => one.trim().toLowerCase().split("=")[0]))
  const missing = ["secure", "httponly", "samesite"].filter(
    (one) => !attributes.has(one) && (one !== "secure" || isTls),
  )
  if (missing.length > 0) add("header/cookie", `The cookie ${JSON.stringify(name)} lacks ${missing.join(", ")}.`, name)
}

function parseCsp(text: string | null): ReadonlyMap<string, readonly string[]> | undefined {
  if (text === null || text.trim() === "") return undefined
  const directives = new Map<string, readonly string[]>()
  for (const part of text.toLowerCase().split(";")) {
    const [name, ...sources] = part.trim().split(/\s+/)
    // Of two with one name browsers take the first.
    if (name !== undefined && name !== "" && !directives.has(name)) directives.set(name, sources)
  }
  return directives
}

function hstsSeconds(text: string | null): number {
  return Number(/(?:^|;)\s*max-age="?(\d+)/i.exec(text ?? "")?.[1] ?? 0)
}
