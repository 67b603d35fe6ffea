import type { RouteTable } from "@ashlar/http"
import { type Finding, findingOf } from "./finding.ts"

/** As much of a route as is judged. */
type ScannedRoute = RouteTable["records"][number]

const CHANGES = /^(?:POST|PUT|PATCH|DELETE|\*)$/
/** What is guessed at, or costs money each time. */
const GUESSED =
  /(?:^|[/_-])(?:log-?in|sign-?in|sign-?up|register|password|otp|verify|token|reset|2fa|mfa|magic|invite)(?:$|[/_-])/i
const OPERATORS = /^\/(?:admin|internal|debug|metrics|actuator|console|manage|ops)(?:$|\/)/i
const LIMITS = new Set(["rateLimit", "concurrencyLimit"])

/** What is dangerous in a frozen table of routes: nobody asks who it is, what comes in is not checked, how often is not counted. */
export function scanRoutes({ records }: Pick<RouteTable, "records">): readonly Finding[] {
  const findings = records.flatMap(judgeRoute)
  const endless = records.filter(({ timeoutMs, websocket }) => timeoutMs === undefined && websocket === undefined)
  if (endless.length > 0)
    findings.push(
      findingOf("route/no-timeout", {
        message: `${endless.length} of ${records.length} routes have no timeoutMs.`,
        place: { route: `${endless[0]!.method} ${endless[0]!.path}`, ...placeOf(endless[0]!) },
        mark: "",
      }),
    )
  return findings
}

function judgeRoute(route: ScannedRoute): Finding[] {
  const findings: Finding[] = []
  const { method, path, layers, meta, input, websocket } = route
  const place = { route: `${method} ${path}`, ...placeOf(route) }
  const add = (rule: Parameters<typeof findingOf>[0], message: string): void => {
    findings.push(findingOf(rule, { message, place, mark: "" }))
  }
  const isGuarded = layers.some(({ security }) => security !== undefined && !isOptional(security))
  const isPublic = meta.public === true
  const changes = CHANGES.test(method) || websocket !== undefined
  const isLimited = layers.some(({ name }) => LIMITS.has(name))
  if (!isGuarded && !isPublic && changes && !GUESSED.test(path))
    add("route/no-auth", `${method} ${path} asks nobody who they are.`)
  if (!isGuarded && !changes && OPERATORS.test(path))
    add("route/open-admin", `${method} ${path} asks nobody who they are.`)
  if (/^(?:POST|PUT|PATCH)$/.test(method) && input.body === undefined && meta.rawBody !== true && meta.noBody !== true)
    add("route/no-schema", `${method} ${path} takes whatever it is sent.`)
  if (!isLimited && changes && (GUESSED.test(path) || (!isGuarded && websocket === undefined)))
    add("route/no-limit", `${method} ${path} is answered however often it is asked.`)
  if (changes && layers.some(({ security }) => usesCookie(security)) && !layers.some(({ name }) => name === "csrf"))
    add("route/no-csrf", `${method} ${path} believes a cookie, whoever's page sent it along.`)
  return findings
}

type Security = ScannedRoute["layers"][number]["security"]

function isOptional(security: NonNullable<Security>): boolean {
  return Object.values(security).some((scheme) => "type" in scheme && scheme.type === "none")
}

function usesCookie(security: Security): boolean {
  return Object.values(security ?? {}).some((one) => {
    const scheme = "scheme" in one && typeof one.scheme === "object" ? one.scheme : one
    return "type" in scheme && scheme.type === "apiKey" && scheme.in === "cookie"
  })
}

/** `src/app.ts:12` or `src/app.ts:12:3` */
function placeOf({ declaredAt }: ScannedRoute): { file?: string; line?: number } {
  const [, file, line] = /^(.+?):(\d+)(?::\d+)?$/.exec(declaredAt) ?? []
  return file === undefined ? {} : { file, line: Number(line) }
}
