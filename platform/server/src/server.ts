import { type Control, controlFeature, openControl } from "@ashlar/control"
import { systemClock, uuidv7 } from "@ashlar/core"
import { openFunctions } from "@ashlar/functions"
import type { App } from "@ashlar/http"
import {
  type AppUsersOptions,
  createSealer,
  type IdentityOptions,
  identityFeature,
  openIdentity,
  type Sealer,
} from "@ashlar/identity"
import { type Kms, type KmsOptions, kmsFeature, openKms } from "@ashlar/kms"
import { openSqlite } from "@ashlar/sqlite"
import { createPlatformApp } from "./app.ts"
import { createAppUserRooms } from "./app-user-rooms.ts"
import { type BackendUrls, openBackends } from "./backends/open-backends.ts"
import { bundleStore } from "./backends/open-bundles.ts"
import type { SharedCache } from "./backends/open-cache.ts"
import { type MailUrls, type OpenedMail, openPlatformMail } from "./backends/open-mail.ts"
import { type DataFolder, openDataFolder } from "./data-folder.ts"
import { type EventRelay, eventsFeature, startEventRelay, tellOfCalls } from "./events/event-relay.ts"
import { createFieldCipher, rewrapDocuments } from "./field-cipher.ts"
import { createFunctionData } from "./function-data.ts"
import { secretsForFunctions } from "./function-secrets.ts"
import { openInstallKeys, type RootKeyPlace } from "./install-keys.ts"
import { createInviteMailer, type InviteMailer } from "./invite-mail.ts"
import { createIdempotencyLayer, idempotencyFeature } from "./layers/idempotency.ts"
import { createLog, type Log } from "./log.ts"
import { createRequestMetrics } from "./metrics.ts"
import { passkeyPlace } from "./passkey-place.ts"
import { peopleWays } from "./people-ways.ts"
import type { Platform } from "./platform.ts"
import { createProjectRooms } from "./project-rooms.ts"
import { projectStorage } from "./project-storage.ts"
import { describeInstall } from "./self-description.ts"
import { pushBundleRemoval } from "./upkeep/remove-bundles.ts"
import { pushRemoval } from "./upkeep/remove-storage.ts"
import { startUpkeep } from "./upkeep/start-upkeep.ts"
import { version } from "./version.ts"

export interface ServerOptions extends BackendUrls, MailUrls, RootKeyPlace {
  /** 0 picks a free port. Default 4000. */
  readonly port?: number
  /** Default `127.0.0.1`: reachable from this machine only. */
  readonly host?: string
  /** The folder that keeps everything. Default `./data`. */
  readonly data?: string
  /**
   * Where people open the console, and providers answer users of apps: `https://console.example.com`, without a slash at the end. Passkeys
   * are for its name, for ever. Default: `http://localhost:<port>`.
   */
  readonly publicUrl?: string
  /** Asks providers that sign users of apps in. Default: at public addresses only. */
  readonly providerFetch?: AppUsersOptions["providerFetch"]
  /**
   * Who else signs people in: a list in JSON, at `file:path`, which its owner alone may read, or in the variable of `env:NAME`. Default:
   * nobody.
   */
  readonly providers?: string
  /** Whether anybody may make an account. Default `closed`: by invite only. */
  readonly signups?: "open" | "closed"
  /** Whether a second factor is asked of everybody before they reach anything but their own account. Default false: organizations say. */
  readonly requireMfa?: boolean
  /** Run functions of the bun runtime without a sandbox where there is none. They can then do all this process can. Default false. */
  readonly trustFunctions?: boolean
  /** The console's built files. */
  readonly consoleFolder?: string
  /** Check every answer against its schema, for tests. Default false. */
  readonly checkResponses?: boolean
  readonly log?: Log
}

export interface PlatformServer {
  readonly url: string
  readonly port: number
  readonly platform: Platform
  /** What answers: the routes and their table. */
  readonly app: App
  /** The one-time link for the first administrator; null once there is one. */
  readonly setupLink: string | null
  /** Drains: refuses new work, lets requests end within the grace (10 s), then closes every part in reverse order. */
  stop(graceMs?: number): Promise<void>
}

/**
 * Starts the platform: the composition root. What is opened here in order is closed in reverse.
 *
 * @throws {SERVER_DATA_NOT_WRITABLE} @throws {SERVER_DATA_NEWER} @throws {SERVER_DATA_IN_USE} @throws {SERVER_DATA_FOREIGN}
 * @throws {SERVER_BACKEND_INVALID} @throws {SERVER_BACKEND_DOWN}
 * @throws {SERVER_PUBLIC_URL_INVALID} @throws {HTTP_LISTEN_FAILED} @throws what the rooms throw when their files cannot be opened
 */
export async function startServer(options: ServerOptions = {}): Promise<PlatformServer> {
  passkeyPlace(options.publicUrl)
  const folder = openDataFolder(options.data ?? "data")
  const closers: (() => unknown)[] = [() => folder.release()]
  const close = async (): Promise<void> => {
    for (const one of closers.splice(0).reverse()) await one()
  }
  try {
    return await compose(folder, options, closers, close)
  } catch (error) {
    await close()
    throw error
  }
}

async function compose(
  folder: DataFolder,
  options: ServerOptions,
  closers: (() => unknown)[],
  close: () => Promise<void>,
): Promise<PlatformServer> {
  const { port = 4000, host = "127.0.0.1", signups = "closed", trustFunctions = false, log = createLog() } = options
  const [clock, ids, draining] = [systemClock, uuidv7, new AbortController()]

  const keys = await openInstallKeys(folder, options)
  closers.push(() => keys.close())
  const sealer = createSealer(keys.secret)
  const installId = installIdOf(sealer)
  const backends = await openBackends(options, { folder, installId, log }, (one) => void closers.push(one))
  const { cache, work, events } = backends
  const storage = backends.bundles.storage.at(installId)
  const engine = openSqlite()
  closers.push(() => engine.close())
  const features = [identityFeature, controlFeature, idempotencyFeature, eventsFeature, kmsFeature]
  const system = await engine.open(folder.systemFile, { kind: "system", features })
  let relay: EventRelay | undefined
  const file = tellOfCalls(system, () => relay?.wake())
  const kms = await raiseKms({ file, root: keys.root, clock, rewrapOthers: rewrapDocuments(() => rooms) }, closers, log)
  const rooms = createProjectRooms({
    engine,
    pathOf: (projectId) => folder.projectFile(projectId),
    cursorKeyOf: (projectId) => sealer.deriveKey(`documents.cursor:${projectId}`),
    cipherOf: (projectId) => createFieldCipher(kms.keysOf(projectId), (use) => kms.countFieldUse(projectId, use)),
  })

  const admission = { sealer, clock, ids, ...sharedLimits(cache, log) }
  const consoleUrl = (): string => options.publicUrl ?? `http://localhost:${server.port}`
  const nameOf = (id: string): string => control.projects.locate(id)?.name ?? id
  const { mail, invites, install } = raiseMail(options, { log, nameOf, consoleUrl, limits: cache.limits }, closers)
  const appUsers = createAppUserRooms(rooms, { ...admission, ...mail, ...oauthAt(options, consoleUrl) })
  const identity = await openIdentity({
    ...{ ...admission, file, signups, issuer: "ashlar" },
    ...{ ...peopleWays(options, { install, consoleUrl, onMailError: mail.onMailError }), ...welcome(() => control) },
  })
  closers.push(() => identity.mail.settled())
  const control = openControl({
    ...{ file, clock, ids, people: identity.people },
    storage: projectStorage({ rooms, appUsers, functions: () => functions, bundles: storage, kms }),
    cursorKey: sealer.deriveKey("control.cursor"),
    onLeftover: (projectId) => pushRemoval(work.queue, projectId),
  })
  closers.push(() => control.flush())
  relay = startEventRelay({ file: system, audit: control.audit, bus: events.bus, installId, log })
  closers.push(() => relay?.stop(RELAY_GRACE_MS))

  const functions = openFunctions({
    storeFor: async (projectId) => (await rooms.open(projectId)).file,
    projectNameFor: (projectId) => control.projects.locate(projectId)?.slug ?? projectId,
    onInternalError: (error) => log.error("a function's call failed inside the platform", error),
    data: createFunctionData(rooms),
    secretFor: secretsForFunctions(kms, control),
    ...{ sealer, clock, ids, trustFunctions, locks: cache.locks },
    bundles: bundleStore(storage, (keys) => pushBundleRemoval(work.queue, keys)),
  })
  closers.push(() => functions.close())
  const parts = { file: system, clock, identity, appUsers, control, functions, kms, queue: work.queue, storage }
  const upkeep = await startUpkeep(folder.jobsUrl, parts, log)
  closers.push(() => upkeep.stop())

  const requestMetrics = createRequestMetrics()
  const platform: Platform = {
    ...{ version, identity, control, invites, appUsers, rooms, functions, kms, requestMetrics, log },
    ...{ draining: draining.signal, queue: work.queue, scheduler: upkeep.scheduler, bus: events.bus },
    requireMfa: options.requireMfa ?? false,
    ...describeInstall({
      ...{ engine, functions, signups, version, draining: draining.signal, requireMfa: options.requireMfa ?? false },
      backends: backends.health,
    }),
  }
  const app = createPlatformApp(platform, {
    idempotency: createIdempotencyLayer({ file: system, sealer, clock }),
    consoleFolder: options.consoleFolder,
    checkResponses: options.checkResponses ?? false,
  })
  const [setup, server] = [await identity.setup.issue(), await app.listen({ port, host })]
  return {
    ...{ url: server.url, port: server.port, platform, app },
    setupLink: setup === null ? null : `${server.url}/setup?token=${setup.token}`,
    async stop(graceMs = 10_000) {
      draining.abort()
      await app.stop(graceMs)
      await close()
    },
  }
}

/** On stop, what its audit counted is written; what cannot be must not keep the rest from closing. */
async function raiseKms(options: KmsOptions, closers: (() => unknown)[], log: Log): Promise<Kms> {
  const kms = await openKms(options)
  closers.push(() => kms.close().catch((error: unknown) => log.error("the keys of projects did not close", error)))
  return kms
}

interface MailParts extends Pick<Parameters<typeof createInviteMailer>[0], "limits" | "consoleUrl"> {
  readonly log: Log
  readonly nameOf: (projectId: string) => string
}

/** What takes users of apps their mail, and people their invites. */
function raiseMail(
  options: ServerOptions,
  { log, nameOf, limits, consoleUrl }: MailParts,
  closers: (() => unknown)[],
): Pick<OpenedMail, "install"> & { readonly mail: Omit<OpenedMail, "install">; readonly invites: InviteMailer } {
  const { host = "127.0.0.1" } = options
  const { install, ...mail } = openPlatformMail(options, { host, log, nameOf })
  closers.push(() => mail.mailer.close())
  const invites = createInviteMailer({ mail: install, limits, consoleUrl, onError: mail.onMailError })
  closers.push(() => invites.settled())
  return { mail, invites, install }
}

/** Where providers answer the users of apps. */
function oauthAt(
  { providerFetch }: ServerOptions,
  consoleUrl: () => string,
): Pick<AppUsersOptions, "urlOf" | "providerFetch"> {
  const urlOf = (projectId: string): string => `${consoleUrl()}/v1/projects/${projectId}/auth`
  return { urlOf, ...(providerFetch && { providerFetch }) }
}

/** Where attempts to sign in are counted for all nodes. */
function sharedLimits({ limits }: SharedCache, log: Log): Pick<IdentityOptions, "rateLimits" | "onLimitsError"> {
  const onLimitsError = (error: unknown): void => log.error("attempts to sign in are counted by this node alone", error)
  return { onLimitsError, ...(limits !== undefined && { rateLimits: limits }) }
}

/** What a new account gets: its own organization, and what its invite is to. */
function welcome(
  control: () => Control,
): Pick<IdentityOptions, "onInviteAccepted" | "onAccountCreated" | "onAccountChanged"> {
  return {
    onAccountCreated: (user) => control().organizations.forAccount(user),
    // Their own organization, which nobody else is in, has the id of their account: its trail is theirs.
    onAccountChanged: ({ user: { id, email }, action, details }) => [
      control().audit.prepare(
        { project: { id }, actor: { kind: "user", id, label: email } },
        { action, target: email, details },
      ),
    ],
    onInviteAccepted: (invite) => [...control().members.accept(invite), ...control().organizations.accept(invite)],
  }
}

/** What is not told by then is told after the next start. */
const RELAY_GRACE_MS = 2_000

/** The same for all nodes of an install, for they have its root key; of no use to whoever sees it. */
function installIdOf(sealer: Sealer): string {
  return Buffer.from(sealer.deriveKey("install.id")).subarray(0, 8).toString("hex")
}
