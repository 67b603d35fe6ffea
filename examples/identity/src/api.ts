import {
  anyOf,
  apiKeyGuard,
  createJwtVerifier,
  createRemoteKeys,
  jwtGuard,
  type Principal,
  principalOfClaims,
  requireScopes,
  StepUpRequired,
} from "@ashlar/auth"
import { type BaseContext, fail, layer, type Scope } from "@ashlar/http"
import { v } from "@ashlar/validation"
import { access } from "./access.ts"
import type { Parts } from "./parts.ts"
import type { PersonRow } from "./people.ts"

const Profile = v.object({ name: v.string().trim().min(1).max(100) })

/** Who calls the API: by an API key, by a token that another app was given, or by the session of a page. */
export function createCaller(parts: Parts, ask: (request: Request) => Promise<Response>) {
  const { people, keys, signedIn, origin, apiAudience } = parts
  const rolesOf = async (id: string) => {
    const person = await people.find(id)
    return person && [person.role]
  }
  const byKey = apiKeyGuard({ keys, rolesOf: async ({ owner }) => (await rolesOf(owner)) ?? [] })
  const byToken = jwtGuard<Principal>({
    name: "token",
    verifier: createJwtVerifier({
      // The issuer is this app: its keys are asked for without a network.
      keys: createRemoteKeys(`${origin}/oauth/jwks`, {
        algorithms: ["RS256", "ES256"],
        fetch: (url) => ask(new Request(url)),
      }),
      issuer: origin,
      audience: apiAudience,
      type: "at+jwt",
    }),
    // Another app is never an admin, whoever allowed it.
    toPrincipal: async (claims) =>
      (await people.find(claims.sub)) && { ...principalOfClaims(claims, "token"), roles: ["member"] },
  })
  // What is presented deliberately comes before what a browser adds by itself.
  return anyOf(byKey, byToken, signedIn)
}

/** A small JSON API of the account. */
export function apiRoutes<E>(
  scope: Scope<unknown, E>,
  { parts, caller }: { parts: Parts; caller: ReturnType<typeof createCaller> },
): void {
  const { people, journal } = parts
  // As on the page: an admin's session has shown a second factor; a key was made by one that had.
  const proven = layer({
    name: "proven",
    needs: [caller],
    errors: [StepUpRequired],
    before: (ctx) =>
      ctx.principal.method === "session" && !ctx.principal.amr.includes("mfa") ? fail(StepUpRequired) : undefined,
  })
  const may = (action: "profile:read" | "profile:write" | "people:read") =>
    [requireScopes(caller, action), access.authorize(action)] as const

  scope.scope("/api", [caller], (api) => {
    const me = async (ctx: BaseContext & { readonly principal: Principal }) => ({
      ...toJson((await people.find(ctx.principal.id))!),
      via: ctx.principal.method,
    })
    api.get("/me", { layers: may("profile:read") }, me)
    api.patch("/me", { layers: may("profile:write"), body: Profile }, async (ctx) => {
      await people.rename(ctx.principal.id, ctx.body.name)
      await journal.note(ctx, "profile.changed", { about: ctx.principal.id, details: { via: ctx.principal.method } })
      return await me(ctx)
    })
    api.get("/people", { layers: [...may("people:read"), proven] }, async () => (await people.list()).map(toJson))
  })
}

const toJson = ({ id, email, name, role }: PersonRow) => ({ id, email, name, role })
