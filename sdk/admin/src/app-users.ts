import { type AppSettings, type AppUser, type Page, type PageOptions, path, type Transport } from "@ashlar/sdk"
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

export type AppSettingsChange = Partial<Omit<AppSettings, "mail">> & { readonly mail?: Partial<AppSettings["mail"]> }

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
  settings(project: string): Promise<AppSettings>
  /** What is left out stays; the texts of one message are changed as one. */
  changeSettings(project: string, changes: AppSettingsChange): Promise<AppSettings>
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
    settings: (project) => transport.json({ path: settings(project) }),
    changeSettings: (project, json) => transport.json({ method: "PATCH", path: settings(project), json }),
  }
}
