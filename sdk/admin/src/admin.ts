import {
  type Auth,
  type Authorizer,
  type Capabilities,
  Collection,
  clientError,
  createAuth,
  createFactors,
  createTransport,
  type Factors,
  type Health,
  type JsonObject,
  type LinkedIdentity,
  type MailAsked,
  type MailShown,
  type Page,
  type PageOptions,
  path,
  type RememberedDevice,
  type ResetState,
  type SessionInfo,
  type SetUp,
  type SetupState,
  type TokenStore,
  type TransportOptions,
  type User,
} from "@ashlar/sdk"
import { type AppUsers, createAppUsers } from "./app-users.ts"
import { type Audit, createAudit } from "./audit.ts"
import { type Collections, createCollections } from "./collections.ts"
import { createDeployments, type Deployments } from "./functions.ts"
import { createKms, createSecrets, type Kms, type Secrets } from "./kms.ts"
import { createOrganizations, type Organizations } from "./organizations.ts"
import { toQuery } from "./paging.ts"
import { createKeys, createMembers, createProjects, type Keys, type Members, type Projects } from "./projects.ts"

export interface AdminOptions extends Omit<TransportOptions, "authorizer" | "user"> {
  /** Where the session is kept. Default: memory. */
  readonly store?: TokenStore | undefined
  /** True keeps the refresh token in an HttpOnly cookie: for a console that the server itself serves. */
  readonly cookie?: boolean | undefined
  /** A bearer that never changes, an access token or a project key, used instead of the session. */
  readonly credential?: string | undefined
}

/** Everything an operator may do on one server. A project is named by its slug, its id, or `self` for a project key's own. */
export interface Admin {
  /** The server's address. */
  readonly url: string
  readonly setup: {
    /** What a set-up link is good for, without spending it. @throws {IDENTITY_SETUP_LINK_SPENT} */
    check(token: string): Promise<SetupState>
    /** Creates the first administrator and signs in. @throws {IDENTITY_SETUP_LINK_SPENT} Each link works once. */
    complete(input: SetUp): Promise<User>
  }
  /** Back in with a link of `ashlar people reset`. */
  readonly reset: {
    /** Whom a link lets back in, without spending it. @throws {IDENTITY_RESET_LINK_SPENT} */
    check(token: string): Promise<ResetState>
    /** Sets the password and ends all sessions; sign in then. @throws {IDENTITY_RESET_LINK_SPENT} Each link works once. */
    complete(input: { readonly token: string; readonly password: string }): Promise<void>
  }
  readonly auth: Auth
  /** The person whose session, or whose access token as `credential`, this client uses. */
  me(): Promise<User>
  /** Sets a new password, right after signing in or `factors.stepUp`; ends all other sessions. @throws {AUTH_STEP_UP_REQUIRED} */
  changePassword(password: string): Promise<void>
  /** The address of whoever is signed in. `ask…` send mail; its token, or its code with the handle, is shown then. */
  readonly address: {
    askVerification(): Promise<MailAsked>
    /** @throws {AUTH_PROOF_INVALID} */
    verify(shown: MailShown): Promise<User>
    /** @throws {AUTH_STEP_UP_REQUIRED} */
    askChange(email: string): Promise<MailAsked>
    /** @throws {AUTH_PROOF_INVALID} */
    change(shown: MailShown): Promise<User>
  }
  /** By whom whoever is signed in is known elsewhere. `auth.provider` connects. */
  readonly identities: {
    list(): Promise<readonly LinkedIdentity[]>
    /** @throws {AUTH_STEP_UP_REQUIRED} */
    disconnect(id: string): Promise<void>
  }
  /** Browsers that ask for no second factor for a while. */
  readonly rememberedDevices: {
    list(): Promise<readonly RememberedDevice[]>
    forget(id: string): Promise<void>
  }
  readonly sessions: {
    /** The devices on which the signed-in person is signed in. */
    list(page?: PageOptions): Promise<Page<SessionInfo>>
    revoke(id: string): Promise<void>
  }
  /** The second factors of the signed-in person. */
  readonly factors: Factors
  readonly organizations: Organizations
  readonly projects: Projects
  readonly members: Members
  readonly keys: Keys
  readonly audit: Audit
  /** The users of a project's app. */
  readonly users: AppUsers
  /** The project's keys for encryption and signatures, for those who care for them. */
  readonly kms: Kms
  readonly secrets: Secrets
  readonly collections: Collections
  /** The documents of one collection. Asks no server. */
  documents<T extends object = JsonObject>(project: string, collection: string): Collection<T>
  readonly functions: Deployments
  readonly health: {
    /** Answers as soon as the process does. */
    live(): Promise<Health>
    /** Whether it can serve, and what each part says; it is an answer too when it cannot. */
    ready(): Promise<Health>
  }
  capabilities(): Promise<Capabilities>
}

/**
 * Makes the operator's client of one server. Nothing is sent before the first call.
 *
 * @throws {SDK_BAD_OPTIONS} When the URL is not http(s), or the credential cannot be a bearer.
 * @example
 * const admin = createAdmin({ url: "http://localhost:4000" })
 * await admin.auth.signIn({ email, password })
 * const { secret } = await admin.keys.create("atlas", { kind: "secret", name: "import" })
 */
export function createAdmin(options: AdminOptions): Admin {
  const auth = createAuth(options)
  const { credential } = options
  if (credential !== undefined && !/^[\x21-\x7e]+$/.test(credential))
    throw clientError("SDK_BAD_OPTIONS", "Expected `credential` to be an access token or a project key, in one piece.")
  const authorizer: Authorizer = credential === undefined ? auth.authorizer : { bearer: async () => credential }
  const transport = createTransport({ ...options, authorizer })
  const inBrowser = options.cookie === true ? { cookie: true } : {}
  const post = <T>(where: string, json: object): Promise<T> => transport.json({ method: "POST", path: where, json })
  return {
    url: transport.url,
    auth,
    setup: {
      check: (token) => transport.json({ method: "POST", path: "/v1/setup/check", json: { token } }),
      complete: auth.setUp,
    },
    reset: {
      check: (token) => transport.json({ method: "POST", path: "/v1/auth/reset/check", json: { token } }),
      complete: (json) => transport.json({ method: "POST", path: "/v1/auth/reset", json }),
    },
    me: () => transport.json({ path: "/v1/auth/me" }),
    address: {
      askVerification: () => post("/v1/auth/email/verify/send", inBrowser),
      verify: (shown) => post("/v1/auth/email/verify", shown),
      askChange: (email) => post("/v1/auth/email/send", { email, ...inBrowser }),
      change: (shown) => post("/v1/auth/email", shown),
    },
    identities: {
      list: async () =>
        (await transport.json<{ readonly items: readonly LinkedIdentity[] }>({ path: "/v1/auth/identities" })).items,
      disconnect: (id) => transport.json({ method: "DELETE", path: path`/v1/auth/identities/${id}` }),
    },
    rememberedDevices: {
      list: async () =>
        (await transport.json<{ readonly items: readonly RememberedDevice[] }>({ path: "/v1/auth/mfa/devices" })).items,
      forget: (id) => transport.json({ method: "DELETE", path: path`/v1/auth/mfa/devices/${id}` }),
    },
    changePassword: (password) => transport.json({ method: "POST", path: "/v1/auth/password", json: { password } }),
    sessions: {
      list: (page) => transport.json({ path: "/v1/auth/sessions", query: toQuery(page) }),
      revoke: (id) => transport.json({ method: "DELETE", path: path`/v1/auth/sessions/${id}` }),
    },
    factors: createFactors(transport, "/v1/auth"),
    organizations: createOrganizations(transport),
    projects: createProjects(transport),
    members: createMembers(transport),
    keys: createKeys(transport),
    audit: createAudit(transport),
    users: createAppUsers(transport),
    kms: createKms(transport),
    secrets: createSecrets(transport),
    collections: createCollections(transport),
    documents: <T extends object>(project: string, collection: string) =>
      new Collection<T>({ transport, project, collection }),
    functions: createDeployments(transport),
    health: {
      live: () => transport.json({ path: "/health/live" }),
      ready: () => transport.json({ path: "/health/ready", accept: [503] }),
    },
    capabilities: () => transport.json({ path: "/v1/capabilities" }),
  }
}
