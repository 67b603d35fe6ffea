import { type Access, CredentialsNeeded, type Need } from "@ashlar/control"
import {
  AccessDenied,
  BadResponse,
  BodyLimit,
  BundleLost,
  CpuLimit,
  Crashed,
  type FunctionCaller,
  FunctionNotFound,
  MemoryLimit,
  ProtocolError,
  QueueFull,
  SecretRefused,
  StartFailed,
  Stopped,
  Threw,
  Unsandboxed,
  WallLimit,
} from "@ashlar/functions"
import type { BaseContext } from "@ashlar/http"
import type { AppUser, SignedIn } from "@ashlar/identity"
import { describeRoute } from "@ashlar/openapi"
import { StorageFailed } from "@ashlar/storage"
import type { Api, Caller } from "../layers/caller.ts"
import type { Entries } from "../layers/entry.ts"
import { limits } from "../limits.ts"
import type { Platform } from "../platform.ts"

const refusals = [QueueFull, Stopped, Unsandboxed, StartFailed, BundleLost, StorageFailed]
const kills = [WallLimit, CpuLimit, MemoryLimit, BodyLimit, Threw, BadResponse, Crashed, ProtocolError]
/** Anybody may knock: the function's own access decides. */
const knocks: Need = { role: "viewer", key: "publishable", scope: "functions:invoke", anonymous: true }
const METHODS = ["get", "post", "put", "patch", "delete", "head", "options"] as const

const CLOSED: ReadonlySet<string> = new Set(["FUNCTIONS_NOT_FOUND", "FUNCTIONS_CREDENTIALS_NEEDED"])
const BODILESS: ReadonlySet<string> = new Set(["GET", "HEAD", "DELETE", "OPTIONS"])

/** Longer than the longest wall limit of a function, whose own end says more than a closed connection. */
const MAX_SILENCE_SECONDS = 90

/**
 * Invoking functions, at `/f/{project}/{function}` and below. They answer from the console's own origin, so every
 * answer is sandboxed by its policy: a page among them has an origin of its own, without cookies or storage.
 */
export function addInvokeRoutes(app: Api, platform: Platform, { inProject }: Entries): void {
  const entry = inProject(knocks)
  for (const method of METHODS) {
    const route = app[method] as Api["get"] // the methods differ in their name only
    route(
      "/f/:project/:function/*path",
      {
        name: `functions.invoke.${method}`,
        tags: ["functions"],
        summary: "Call a function; what follows its name is the path it sees",
        layers: [entry],
        maxBodyBytes: limits.maxInvokeBodyBytes,
        errors: [FunctionNotFound, AccessDenied, SecretRefused, ...refusals, ...kills],
        meta: describeRoute(({ method }) => ({
          ...(!BODILESS.has(method) && { body: { content: { "*/*": {} }, required: false } }),
          responses: { default: { description: "What the function answers", content: { "*/*": {} } } },
        })),
      },
      async (ctx) => {
        const { access, appUser, caller, params } = ctx
        ctx.allowIdle(MAX_SILENCE_SECONDS)
        try {
          const request = asFunctionSees(ctx, params.path ?? "", appUser)
          const options = { request, caller: functionCaller(access, caller) }
          return contain(await platform.functions.invoke(access.project.id, params.function, options))
        } catch (error) {
          // To a caller without credentials, a function that is not there looks like one that is closed, to the last letter.
          if (access.as !== "anonymous" || !CLOSED.has((error as { code?: string }).code ?? "")) throw error
          throw new CredentialsNeeded(undefined, { cause: error })
        }
      },
    )
  }
}

/** The request with the function's own root as the root of its path, so that any fetch handler deploys as it is. */
function asFunctionSees(
  { request, url, signal }: Pick<BaseContext, "request" | "url" | "signal">,
  path: string,
  user: SignedIn<AppUser> | undefined,
): Request {
  const seen = new URL(url)
  const [, , , , ...rest] = url.pathname.split("/")
  seen.pathname = path === "" ? "/" : `/${rest.join("/")}`
  const headers = new Headers(request.headers)
  if (/^Bearer /i.test(headers.get("authorization") ?? "")) headers.delete("authorization") // the platform's, and used up
  headers.delete("ashlar-user")
  if (user !== undefined) headers.set("ashlar-user", asHeader(user))
  const { method } = request
  const body = method === "GET" || method === "HEAD" ? null : request.body
  return new Request(seen, { method, headers, body, signal, ...(body !== null && { duplex: "half" }) } as RequestInit)
}

/** What the function is told of the app's user and of how they proved who they are, in place of their token: JSON, in ASCII. */
function asHeader({ user: { id, email, name, roles, claims }, amr, authTimeMs }: SignedIn<AppUser>): string {
  const proven = { mfa: amr.includes("mfa"), amr, authTime: new Date(authTimeMs).toISOString() }
  return JSON.stringify({ id, email, name, roles, claims, ...proven }).replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  )
}

function functionCaller(access: Access, caller: Caller): FunctionCaller {
  return { kind: access.as, id: caller.kind === "anonymous" ? null : caller.id }
}

function contain(response: Response): Response {
  const headers = new Headers(response.headers)
  headers.set("content-security-policy", "sandbox allow-scripts allow-forms allow-popups")
  headers.delete("service-worker-allowed")
  return new Response(response.body, { status: response.status, headers })
}
