import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
  type SearchSchemaInput,
} from "@tanstack/react-router"
import { Frame, ProjectFrame } from "./frame/frame.tsx"
import { Crashed, Lost } from "./frame/lost.tsx"
import { type AuditSearch, toDay } from "./model/audit-filter.ts"
import { type Clause, isClause } from "./model/where.ts"
import { knowSession } from "./session.ts"

/** What the frame must know of a screen. */
declare module "@tanstack/react-router" {
  interface StaticDataRouteOption {
    /** The last crumb, and what the rail marks. */
    area?: string
    /** The screen brings a list pane of its own, so the rail folds. */
    workbench?: boolean
    /** The screen stands before the wall, without the frame. */
    wall?: boolean
  }
  interface Register {
    router: typeof router
  }
}

const text = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined)
const oneOf = <T extends string>(value: unknown, choices: readonly T[]): T | undefined =>
  choices.find((choice) => choice === value)
/** A place inside the console; anything else would let a link lead away after signing in. */
const inside = (value: unknown): string | undefined =>
  typeof value === "string" && /^\/(?!\/|\\)/.test(value) ? value : undefined
/**
 * The search of a route, all its names spelled out: what was refused must be there as undefined, since the router lays
 * the answer over what the address said.
 */
function checked<T extends object>(search: T): { [K in keyof T]?: T[K] | undefined } {
  return search
}

const checkedAudit = (search: AuditSearch): AuditSearch =>
  checked<AuditSearch>({
    trail: oneOf(search.trail, ["keys"]),
    ...{ who: text(search.who), what: text(search.what), of: text(search.of), find: text(search.find) },
    outcome: oneOf(search.outcome, ["success", "denied"]),
    ...{ since: toDay(search.since), until: toDay(search.until) },
  })

const root = createRootRoute({ component: Outlet, notFoundComponent: Lost, errorComponent: Crashed })

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/projects" })
  },
})
const setup = createRoute({
  getParentRoute: () => root,
  path: "/setup",
  staticData: { wall: true },
  validateSearch: (search: { token?: string | undefined } & SearchSchemaInput) =>
    checked({ token: text(search.token) }),
  component: lazyRouteComponent(() => import("./screens/setup.tsx"), "SetupScreen"),
})
const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  staticData: { wall: true },
  validateSearch: (search: { to?: string | undefined } & SearchSchemaInput) => checked({ to: inside(search.to) }),
  component: lazyRouteComponent(() => import("./screens/sign-in.tsx"), "SignInScreen"),
})
const mailSignIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in/mail",
  staticData: { wall: true },
  validateSearch: (search: { token?: string | undefined; to?: string | undefined } & SearchSchemaInput) =>
    checked({ token: text(search.token), to: inside(search.to) }),
  component: lazyRouteComponent(() => import("./screens/sign-in-ways.tsx"), "MailSignInScreen"),
})
const providerSignIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in/provider",
  staticData: { wall: true },
  validateSearch: (search: { ticket?: string | undefined } & SearchSchemaInput) =>
    checked({ ticket: text(search.ticket) }),
  // Whoever connects a provider is signed in, and says so with the ticket.
  beforeLoad: async () => void (await knowSession()),
  component: lazyRouteComponent(() => import("./screens/sign-in-ways.tsx"), "ProviderSignInScreen"),
})
const confirmAddress = createRoute({
  getParentRoute: () => root,
  path: "/confirm-address",
  staticData: { wall: true },
  validateSearch: (search: { token?: string | undefined; change?: number | undefined } & SearchSchemaInput) =>
    checked({ token: text(search.token), change: search.change === 1 ? 1 : undefined }),
  beforeLoad: async ({ location }) => {
    const session = await knowSession()
    if (session.status !== "in") throw redirect({ to: "/sign-in", search: { to: location.href } })
  },
  component: lazyRouteComponent(() => import("./screens/account/address.tsx"), "ConfirmAddressScreen"),
})
const invite = createRoute({
  getParentRoute: () => root,
  path: "/invite/$token",
  staticData: { wall: true },
  component: lazyRouteComponent(() => import("./screens/invite.tsx"), "InviteScreen"),
})

const reset = createRoute({
  getParentRoute: () => root,
  path: "/reset",
  staticData: { wall: true },
  validateSearch: (search: { token?: string | undefined } & SearchSchemaInput) =>
    checked({ token: text(search.token) }),
  component: lazyRouteComponent(() => import("./screens/reset.tsx"), "ResetScreen"),
})

const device = createRoute({
  getParentRoute: () => root,
  path: "/device",
  staticData: { wall: true },
  validateSearch: (search: { code?: string | undefined } & SearchSchemaInput) => checked({ code: text(search.code) }),
  beforeLoad: async ({ location }) => {
    const session = await knowSession()
    if (session.status !== "in") throw redirect({ to: "/sign-in", search: { to: location.href } })
  },
  component: lazyRouteComponent(() => import("./screens/device.tsx"), "DeviceScreen"),
})

const signedIn = createRoute({
  getParentRoute: () => root,
  id: "signed-in",
  component: Frame,
  beforeLoad: async ({ location }) => {
    const session = await knowSession()
    if (session.status !== "in") throw redirect({ to: "/sign-in", search: { to: location.href } })
  },
})
const projects = createRoute({
  getParentRoute: () => signedIn,
  path: "/projects",
  staticData: { area: "Projects" },
  validateSearch: (search: { org?: string | undefined } & SearchSchemaInput) => checked({ org: text(search.org) }),
  component: lazyRouteComponent(() => import("./screens/projects.tsx"), "ProjectsScreen"),
})
const security = createRoute({
  getParentRoute: () => signedIn,
  path: "/security",
  staticData: { area: "Security" },
  validateSearch: (search: { asked?: string | undefined } & SearchSchemaInput) =>
    checked({ asked: inside(search.asked) }),
  component: lazyRouteComponent(() => import("./screens/account/security.tsx"), "SecurityScreen"),
})
const organization = createRoute({
  getParentRoute: () => signedIn,
  path: "/orgs/$o",
  staticData: { area: "Organization" },
  component: lazyRouteComponent(() => import("./screens/organization/organization.tsx"), "OrganizationScreen"),
})
const organizationIndex = createRoute({
  getParentRoute: () => organization,
  path: "/",
  beforeLoad: ({ params }) => {
    throw redirect({ to: "/orgs/$o/members", params: params as { o: string }, replace: true })
  },
})
const orgMembers = createRoute({
  getParentRoute: () => organization,
  path: "members",
  component: lazyRouteComponent(() => import("./screens/organization/org-members.tsx"), "OrgMembersScreen"),
})
const orgAudit = createRoute({
  getParentRoute: () => organization,
  path: "audit",
  validateSearch: (search: AuditSearch & SearchSchemaInput) => checkedAudit(search),
  component: lazyRouteComponent(() => import("./screens/organization/org-audit.tsx"), "OrgAuditScreen"),
})
const orgGeneral = createRoute({
  getParentRoute: () => organization,
  path: "general",
  component: lazyRouteComponent(() => import("./screens/organization/org-general.tsx"), "OrgGeneralScreen"),
})
const project = createRoute({ getParentRoute: () => signedIn, path: "/projects/$p", component: ProjectFrame })
const overview = createRoute({
  getParentRoute: () => project,
  path: "/",
  staticData: { area: "Overview" },
  component: lazyRouteComponent(() => import("./screens/overview/overview.tsx"), "OverviewScreen"),
})

const collections = createRoute({
  getParentRoute: () => project,
  path: "collections",
  staticData: { area: "Collections", workbench: true },
  validateSearch: (search: { new?: boolean | undefined } & SearchSchemaInput) =>
    checked({ new: search.new === true ? (true as const) : undefined }),
  component: lazyRouteComponent(() => import("./screens/collections/collections.tsx"), "CollectionsScreen"),
})
const collectionsIndex = createRoute({
  getParentRoute: () => collections,
  path: "/",
  component: lazyRouteComponent(() => import("./screens/collections/landing.tsx"), "CollectionsLanding"),
})

export interface DocumentsSearch {
  readonly where?: readonly Clause[] | undefined
  /** `-population` sorts downwards. */
  readonly sort?: string | undefined
  readonly view?: "json" | undefined
  readonly columns?: readonly string[] | undefined
}
const documents = createRoute({
  getParentRoute: () => collections,
  path: "$c",
  validateSearch: (search: DocumentsSearch & SearchSchemaInput): DocumentsSearch => {
    const where = Array.isArray(search.where) ? search.where.filter(isClause) : []
    const columns = Array.isArray(search.columns) ? search.columns.filter((id) => typeof id === "string") : []
    return checked({
      where: where.length > 0 ? where : undefined,
      sort: text(search.sort),
      view: oneOf(search.view, ["json"]),
      columns: columns.length > 0 ? columns : undefined,
    })
  },
  component: lazyRouteComponent(() => import("./screens/documents/documents.tsx"), "DocumentsScreen"),
})
const documentsIndex = createRoute({ getParentRoute: () => documents, path: "/" })
const documentPanel = createRoute({
  getParentRoute: () => documents,
  path: "d/$id",
  validateSearch: (search: { tab?: "json" | undefined; edit?: string | undefined } & SearchSchemaInput) =>
    checked({ tab: oneOf(search.tab, ["json"]), edit: text(search.edit) }),
  component: lazyRouteComponent(() => import("./screens/document/document.tsx"), "DocumentPanel"),
})
const insertPanel = createRoute({
  getParentRoute: () => documents,
  path: "insert",
  component: lazyRouteComponent(() => import("./screens/documents/insert.tsx"), "InsertPanel"),
})
const rules = createRoute({
  getParentRoute: () => collections,
  path: "$c/rules",
  component: lazyRouteComponent(() => import("./screens/collections/rules.tsx"), "RulesScreen"),
})
const indexes = createRoute({
  getParentRoute: () => collections,
  path: "$c/indexes",
  validateSearch: (search: { fields?: string | undefined } & SearchSchemaInput) =>
    checked({ fields: text(search.fields) }),
  component: lazyRouteComponent(() => import("./screens/collections/indexes.tsx"), "IndexesScreen"),
})

const functions = createRoute({
  getParentRoute: () => project,
  path: "functions",
  staticData: { area: "Functions", workbench: true },
  component: lazyRouteComponent(() => import("./screens/functions/functions.tsx"), "FunctionsScreen"),
})
const functionsIndex = createRoute({
  getParentRoute: () => functions,
  path: "/",
  component: lazyRouteComponent(() => import("./screens/functions/deploy.tsx"), "DeployScreen"),
})
const functionScreen = createRoute({
  getParentRoute: () => functions,
  path: "$f",
  validateSearch: (
    search: {
      section?: "versions" | "limits" | undefined
      level?: "warn" | "error" | undefined
      find?: string | undefined
    } & SearchSchemaInput,
  ) =>
    checked({
      section: oneOf(search.section, ["versions", "limits"]),
      level: oneOf(search.level, ["warn", "error"]),
      find: text(search.find),
    }),
  component: lazyRouteComponent(() => import("./screens/functions/function.tsx"), "FunctionScreen"),
})

const settings = createRoute({
  getParentRoute: () => project,
  path: "settings",
  staticData: { area: "Settings", workbench: true },
  component: lazyRouteComponent(() => import("./screens/settings/settings.tsx"), "SettingsScreen"),
})
const settingsIndex = createRoute({
  getParentRoute: () => settings,
  path: "/",
  beforeLoad: ({ params }) => {
    throw redirect({ to: "/projects/$p/settings/general", params: params as { p: string }, replace: true })
  },
})
const general = createRoute({
  getParentRoute: () => settings,
  path: "general",
  component: lazyRouteComponent(() => import("./screens/settings/general.tsx"), "GeneralScreen"),
})
const apiKeys = createRoute({
  getParentRoute: () => settings,
  path: "api-keys",
  component: lazyRouteComponent(() => import("./screens/settings/api-keys.tsx"), "ApiKeysScreen"),
})
const secrets = createRoute({
  getParentRoute: () => settings,
  path: "secrets",
  component: lazyRouteComponent(() => import("./screens/settings/secrets.tsx"), "SecretsScreen"),
})
const members = createRoute({
  getParentRoute: () => settings,
  path: "members",
  component: lazyRouteComponent(() => import("./screens/settings/members.tsx"), "MembersScreen"),
})
const encryptionKeys = createRoute({
  getParentRoute: () => settings,
  path: "encryption-keys",
  component: lazyRouteComponent(() => import("./screens/keys/keys.tsx"), "KeysScreen"),
})
const encryptionKey = createRoute({
  getParentRoute: () => settings,
  path: "encryption-keys/$k",
  component: lazyRouteComponent(() => import("./screens/keys/key.tsx"), "KeyScreen"),
})
const providers = createRoute({
  getParentRoute: () => settings,
  path: "providers",
  component: lazyRouteComponent(() => import("./screens/settings/providers.tsx"), "ProvidersScreen"),
})
const users = createRoute({
  getParentRoute: () => settings,
  path: "users",
  component: lazyRouteComponent(() => import("./screens/settings/app-users.tsx"), "AppUsersScreen"),
})
const signInSettings = createRoute({
  getParentRoute: () => settings,
  path: "sign-in",
  component: lazyRouteComponent(() => import("./screens/settings/app-sign-in.tsx"), "AppSignInScreen"),
})
const audit = createRoute({
  getParentRoute: () => project,
  path: "audit",
  staticData: { area: "Audit" },
  validateSearch: (search: AuditSearch & SearchSchemaInput) => checkedAudit(search),
  component: lazyRouteComponent(() => import("./screens/audit/audit.tsx"), "AuditScreen"),
})

const routeTree = root.addChildren([
  home,
  setup,
  signIn,
  mailSignIn,
  providerSignIn,
  confirmAddress,
  invite,
  reset,
  device,
  signedIn.addChildren([
    projects,
    security,
    organization.addChildren([organizationIndex, orgMembers, orgAudit, orgGeneral]),
    project.addChildren([
      overview,
      collections.addChildren([
        collectionsIndex,
        documents.addChildren([documentsIndex, documentPanel, insertPanel]),
        rules,
        indexes,
      ]),
      functions.addChildren([functionsIndex, functionScreen]),
      settings.addChildren([
        ...[settingsIndex, general, apiKeys, encryptionKeys, encryptionKey, secrets],
        ...[members, users, signInSettings, providers],
      ]),
      audit,
    ]),
  ]),
])

export const router = createRouter({
  routeTree,
  defaultPreload: "intent",
  defaultPendingMs: 300,
  defaultErrorComponent: Crashed,
  defaultNotFoundComponent: Lost,
  // Lists keep their own scroll; the page itself never scrolls.
  scrollRestoration: false,
})
