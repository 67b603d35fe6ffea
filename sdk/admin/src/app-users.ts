import {
  type AppProvider,
  type AppSettings,
  type AppUser,
  type AppUserFactors,
  type Page,
  type PageOptions,
  path,
  type Transport,
} from "@ashlar/sdk"
import { toQuery } from "./paging.ts"

/** What may be said of a user. What is left out stays, and is nothing for a new one. */
export interface AppUserInput {
  readonly name?: string | null
  /** Rules ask for them. */
  readonly roles?: readonly string[]
  /** Rules ask for them: at most 1 KiB of JSON. All of them: what is left out of the object is gone. */
  readonly claims?: Readonly<Record<string, unknown>>
  readonly emailVerified?: boolean
  /** Another password ends all sessions. */
  readonly password?: string
}

type MailTexts = AppSettings["mail"]["texts"]
export type AppSettingsChange = Partial<Omit<AppSettings, "mail">> & {
  readonly mail?: Partial<Omit<AppSettings["mail"], "texts">> & {
    /** null: the platform's own words again. */
    readonly texts?: { readonly [Kind in keyof MailTexts]?: MailTexts[Kind] | null }
  }
}

export interface AppProviderInput {
  /** `google`, `github`, `microsoft`, `gitlab`, `discord`, `facebook`, `linkedin`, `x`, `auth0`, `okta`, `keycloak`, or `oidc` for any issuer. */
  readonly kind: string
  readonly clientId: string
  readonly clientSecret?: string
  /** Default: true. */
  readonly enabled?: boolean
  /** What people read on a button. Default: the provider's name. */
  readonly label?: string
  /** Where it is: the issuer of `oidc`, the host of others that are not in one place. */
  readonly host?: string | null
  /** A tenant of Microsoft, a realm of Keycloak. */
  readonly tenant?: string | null
}

/** The users of a project's app. Takes a session of a member, or a secret key. */
export interface AppUsers {
  /** Latest first; with `email` only the one who has it, in any spelling. */
  list(project: string, page?: PageOptions & { readonly email?: string }): Promise<Page<AppUser>>
  get(project: string, id: string): Promise<AppUser>
  create(project: string, input: AppUserInput & { readonly email: string }): Promise<AppUser>
  /** To be disabled ends all sessions at once. */
  update(project: string, id: string, input: AppUserInput & { readonly disabled?: boolean }): Promise<AppUser>
  delete(project: string, id: string): Promise<void>
  /** Ends all sessions of a user; tells how many there were. */
  signOut(project: string, id: string): Promise<{ readonly sessions: number }>
  /** The second factors that a user has. Nothing in it proves anything. */
  factors(project: string, id: string): Promise<AppUserFactors>
  /** Takes all of them away, and ends the user's sessions: for who has lost them, and is known to be who they say. Tells how many there were. */
  resetFactors(project: string, id: string): Promise<{ readonly factors: number }>
  settings(project: string): Promise<AppSettings>
  /** What is left out stays; the texts of one message are changed as one. */
  changeSettings(project: string, changes: AppSettingsChange): Promise<AppSettings>
  /** Who else signs users in. Their secrets are shown to nobody. */
  providers(project: string): Promise<readonly AppProvider[]>
  /** Adds a provider, or changes it: a secret that is left out stays, as long as it goes to the same place. */
  putProvider(project: string, name: string, input: AppProviderInput): Promise<AppProvider>
  /** Whom it signed in keep their accounts. */
  deleteProvider(project: string, name: string): Promise<void>
}

export function createAppUsers(transport: Transport): AppUsers {
  const users = (project: string): string => path`/v1/projects/${project}/auth/users`
  const user = (project: string, id: string): string => users(project) + path`/${id}`
  const settings = (project: string): string => path`/v1/projects/${project}/auth/settings`
  return {
    list: (project, { email, ...page } = {}) =>
      transport.json({ path: users(project), query: { ...toQuery(page), ...(email !== undefined && { email }) } }),
    get: (project, id) => transport.json({ path: user(project, id) }),
    create: (project, json) => transport.json({ method: "POST", path: users(project), json }),
    update: (project, id, json) => transport.json({ method: "PATCH", path: user(project, id), json }),
    delete: (project, id) => transport.json({ method: "DELETE", path: user(project, id) }),
    signOut: (project, id) => transport.json({ method: "POST", path: `${user(project, id)}/signout` }),
    factors: (project, id) => transport.json({ path: `${user(project, id)}/factors` }),
    resetFactors: (project, id) => transport.json({ method: "DELETE", path: `${user(project, id)}/factors` }),
    settings: (project) => transport.json({ path: settings(project) }),
    providers: async (project) =>
      (await transport.json<{ readonly items: readonly AppProvider[] }>({ path: `${settings(project)}/providers` }))
        .items,
    putProvider: (project, name, json) =>
      transport.json({ method: "PUT", path: settings(project) + path`/providers/${name}`, json }),
    deleteProvider: (project, name) =>
      transport.json({ method: "DELETE", path: settings(project) + path`/providers/${name}` }),
    changeSettings: (project, json) => transport.json({ method: "PATCH", path: settings(project), json }),
  }
}
