import type { DeclaredBy } from "@ashlar/core"
import {
  type AnyLayer,
  type AnyRoute,
  del,
  type Failure,
  get,
  patch,
  post,
  type Route,
  type TooManyRequests,
  type Unavailable,
} from "@ashlar/http"
import { type CsrfTokenInvalid, csrf, type OriginRefused, rateLimit } from "@ashlar/security"
import type { Accounts } from "./accounts.ts"

/** What stands in front of every route of accounts may answer so. */
export type DoorErrors = DeclaredBy<
  typeof OriginRefused | typeof CsrfTokenInvalid | typeof TooManyRequests | typeof Unavailable
>
/** Routes with the door in front of them. */
export type Behind<R> = {
  readonly [K in keyof R]: R[K] extends Route<infer M, infer P, infer I, infer O, infer E>
    ? Route<M, P, I, O, E | DoorErrors>
    : never
}

const MAX_BODY_BYTES = 16_384
/** What an authenticator answers has certificates in it. */
export const CEREMONY_BYTES = 65_536
const TIMEOUT_MS = 15_000

const DECLARE = { GET: get, POST: post, PATCH: patch, DELETE: del } as const

/**
 * The door of accounts: pages of other sites may do nothing (`csrf`), one address does so much in a minute, bodies are small, and answers
 * come in time. It is part of the routes, so that nobody can forget it.
 */
export function behindDoor<R extends object>(routes: R, { limits }: Pick<Accounts, "limits">): Behind<R> {
  const calm = rateLimit({
    limits,
    policies: [{ name: "accounts", capacity: 60, refill: 60, every: "1m" }],
    // What only reads is for the app to limit.
    skip: (ctx) => ctx.method === "GET",
  })
  const door: readonly AnyLayer[] = [csrf(), calm]
  const placed = Object.entries(routes as Readonly<Record<string, AnyRoute>>).map(([name, route]) => {
    const { method, path, definition, handler } = route
    const layers = [...door, ...(definition.layers ?? [])]
    // Who reads the table knows that nothing unchecked is read.
    const meta = { ...(definition.body === undefined && { noBody: true }), ...definition.meta }
    const limited = { maxBodyBytes: MAX_BODY_BYTES, timeoutMs: TIMEOUT_MS, ...definition, layers, meta }
    // The handler was checked against its own layers where it was declared.
    const again = DECLARE[method as keyof typeof DECLARE] as (
      path: string,
      definition: object,
      handler: (ctx: never) => unknown,
    ) => AnyRoute | Failure
    return [name, again(path, { tags: ["accounts"], ...limited }, handler)]
  })
  return Object.fromEntries(placed) as Behind<R>
}
