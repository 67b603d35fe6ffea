import { type Access, CredentialsNeeded, Forbidden, type Need, ProjectNotFound } from "@ashlar/control"
import { type BaseContext, type Layer, layer, type Security } from "@ashlar/http"
import type { Platform } from "../platform.ts"
import type { Caller, CallerLayer, PersonCaller } from "./caller.ts"

/**
 * What a route takes of its caller: nothing, a signed-in person, or a place in the project of its path. It stands in the
 * route's `meta.entry`, where the authorization matrix and OpenAPI read it.
 */
export type Entry = "open" | "person" | (Need & { readonly inProject: true })

/** The layers that guard routes. There is no other way in: a route without one is refused by the matrix test. */
export interface Entries {
  /** Anybody may come, with credentials or without. */
  readonly open: Layer
  /** A signed-in person; adds `ctx.person`. */
  readonly person: Layer<{ person: PersonCaller }, unknown>
  /** Somebody who may do this in the project of the path; adds `ctx.access`. */
  inProject(need: Need): Layer<{ access: Access }, unknown>
}

type WithCaller = BaseContext & { readonly caller: Caller }

export function createEntries({ control }: Pick<Platform, "control">, caller: CallerLayer): Entries {
  return {
    open: layer({ name: "open", meta: { entry: "open" satisfies Entry } }),
    person: layer({
      name: "person",
      needs: [caller],
      security: { session: SCHEMES.session },
      meta: { entry: "person" satisfies Entry },
      errors: [Forbidden],
      before: ({ caller: who }: WithCaller) => {
        if (who.kind === "anonymous") throw new CredentialsNeeded()
        if (who.kind === "key") throw new Forbidden("A project key cannot do this. Sign in, and use the access token.")
        return { person: who }
      },
    }),
    inProject: (need) =>
      layer({
        name: "inProject",
        needs: [caller],
        security: securityFor(need),
        meta: { entry: { ...need, inProject: true } satisfies Entry },
        errors: [Forbidden, ProjectNotFound],
        before: (ctx: WithCaller) => ({ access: control.authorize(ctx.caller, ctx.params.project ?? "", need) }),
      }),
  }
}

const SCHEMES = {
  session: { type: "http", scheme: "bearer", description: "The access token of a signed-in person" },
  key: { type: "http", scheme: "bearer", description: "A project key, `ak_<kind>_<id>_<secret>`" },
} as const

function securityFor({ key, scope, anonymous }: Need): Security {
  return {
    session: SCHEMES.session,
    ...((key ?? scope) !== undefined && { key: SCHEMES.key }),
    ...(anonymous === true && { nobody: { type: "none" } }),
  }
}
