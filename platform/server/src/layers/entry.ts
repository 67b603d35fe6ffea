import {
  type Access,
  CredentialsNeeded,
  Forbidden,
  MfaRequired,
  type Need,
  type OrgAccess,
  OrgNotFound,
  type OrgRole,
  ProjectNotFound,
} from "@ashlar/control"
import { type BaseContext, type Layer, layer, type Security } from "@ashlar/http"
import { type AppUser, SessionEnded, type SignedIn, TokenRefused } from "@ashlar/identity"
import { AppUserNeeded } from "../errors.ts"
import type { Platform } from "../platform.ts"
import type { Caller, CallerLayer, PersonCaller } from "./caller.ts"

/**
 * What a route takes of its caller: nothing, a signed-in person, or a place in the project of its path. It stands in the
 * route's `meta.entry`, where the authorization matrix and OpenAPI read it.
 */
export type Entry =
  | "open"
  | "person"
  | (Need & { readonly inProject: true })
  | { readonly role: OrgRole; readonly inOrganization: true }

/** The layers that guard routes. There is no other way in: a route without one is refused by the matrix test. */
export interface Entries {
  /** Anybody may come, with credentials or without. */
  readonly open: Layer
  /** A signed-in person; adds `ctx.person`. */
  readonly person: Layer<{ person: PersonCaller }, unknown>
  /** The same for what is about their own account: what they need to add a second factor where one is asked of everybody. */
  readonly self: Layer<{ person: PersonCaller }, unknown>
  /**
   * Somebody who may do this in the project of the path; adds `ctx.access`, and `ctx.appUser` when a user of the project's app comes
   * with a key of it.
   */
  inProject(need: Need): Layer<InProject, unknown>
  /** A person with at least this role in the organization of the path; adds `ctx.organization`. */
  inOrganization(least: OrgRole): Layer<{ organization: OrgAccess }, unknown>
  /** A signed-in user of the project's app, beside a key of the project; adds `ctx.user`. */
  appUser(need: Need): readonly [Layer<InProject, unknown>, Layer<{ user: SignedIn<AppUser> }, unknown>]
}

export interface InProject {
  readonly access: Access
  readonly appUser: SignedIn<AppUser> | undefined
}

type WithCaller = BaseContext & { readonly caller: Caller }

export function createEntries(
  { control, appUsers, requireMfa }: Pick<Platform, "control" | "appUsers" | "requireMfa">,
  caller: CallerLayer,
): Entries {
  /** What the install asks of its people; what an organization asks is its own business. */
  const requireFactor = (who: Caller): void => {
    if (requireMfa && who.kind === "user" && !who.mfa) throw new MfaRequired()
  }
  const ownLayer = (name: string, check: (who: Caller) => void): Entries["person"] =>
    layer({
      name,
      needs: [caller],
      security: { session: SCHEMES.session },
      meta: { entry: "person" satisfies Entry },
      errors: [Forbidden, MfaRequired],
      before: ({ caller: who }: WithCaller) => {
        if (who.kind === "anonymous") throw new CredentialsNeeded()
        if (who.kind === "key") throw new Forbidden("A project key cannot do this. Sign in, and use the access token.")
        check(who)
        return { person: who }
      },
    })
  const inProject: Entries["inProject"] = (need) =>
    layer({
      name: "inProject",
      needs: [caller],
      security: securityFor(need),
      meta: { entry: { ...need, inProject: true } satisfies Entry },
      errors: [Forbidden, ProjectNotFound, MfaRequired, TokenRefused, SessionEnded],
      before: async (ctx: WithCaller): Promise<InProject> => {
        requireFactor(ctx.caller)
        const access = control.authorize(ctx.caller, ctx.params.project ?? "", need)
        const header = ctx.headers.get("ashlar-user")
        return { access, appUser: header === null ? undefined : await authenticate(header, access, appUsers) }
      },
    })
  return {
    inProject,
    inOrganization: (least) =>
      layer({
        name: "inOrganization",
        needs: [caller],
        security: { session: SCHEMES.session },
        meta: { entry: { role: least, inOrganization: true } satisfies Entry },
        errors: [Forbidden, OrgNotFound, MfaRequired],
        before: (ctx: WithCaller) => {
          requireFactor(ctx.caller)
          return { organization: control.organizations.authorize(ctx.caller, ctx.params.org ?? "", least) }
        },
      }),
    appUser: (need) => {
      const entry = inProject(need)
      const before = (ctx: BaseContext): { user: SignedIn<AppUser> } => {
        const { appUser } = ctx as BaseContext & InProject
        if (appUser === undefined) throw new AppUserNeeded()
        return { user: appUser }
      }
      return [entry, layer({ name: "appUser", needs: [entry], errors: [AppUserNeeded], before })]
    },
    open: layer({ name: "open", meta: { entry: "open" satisfies Entry } }),
    person: ownLayer("person", requireFactor),
    self: ownLayer("self", () => undefined),
  }
}

/** A user is one of the project whose key they come with: the token of another project's app is none here. */
async function authenticate(
  header: string,
  access: Access,
  appUsers: Platform["appUsers"],
): Promise<SignedIn<AppUser>> {
  if (access.as !== "publishable" && access.as !== "secret") {
    throw new CredentialsNeeded("`Ashlar-User` goes beside a key of the project: `Authorization: Bearer ak_…`.")
  }
  const [, token] = /^Bearer ([\w.-]{1,4096})$/i.exec(header) ?? []
  if (token === undefined) throw new TokenRefused("Expected `Ashlar-User: Bearer <access token>`")
  const users = await appUsers.of(access.project.id)
  return await users.authenticate(token)
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
