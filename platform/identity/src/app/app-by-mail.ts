import { randomBytes } from "node:crypto"
import { type Asked, type Confirmed, type EmailFlows, ProofInvalid, type Shown } from "@ashlar/auth/email"
import type { ProofStore } from "@ashlar/auth/proofs"
import type { Clock } from "@ashlar/core"
import type { SqliteFile } from "@ashlar/sqlite"
import type { FirstStep } from "../factors/sign-in-writes.ts"
import { type Client, normalizeEmail } from "../person.ts"
import type { Session } from "../sessions.ts"
import type { AppSettingsStore } from "./app-settings.ts"
import { type AppUser, type AppUserRow, findAppUser, toAppUser } from "./app-user.ts"
import { chooseRedirect } from "./redirects.ts"

/** Who asks for mail, and to which page of the app its link shall lead: one of `redirectUrls`. Default: the first. */
export interface AppMailRequest {
  readonly client: Client
  readonly redirectTo?: string | undefined
}

/** Whose browser shows what was sent. */
export type MailReader = Pick<FirstStep, "client" | "device">

/** Whose address is confirmed now. */
export interface AppConfirmed {
  readonly user: AppUser
  /** Null for who is signed in: the session goes on. */
  readonly session: Session<AppUser> | null
}

/**
 * The ways into an app that lead over a mailbox. Whoever asks is answered the same of every address, in the same time; what is sent
 * works once, by its link, or by its code with the `handle` that whoever asked was given.
 */
export interface AppByMail {
  /** @throws {IDENTITY_REDIRECT_REFUSED} @throws {IDENTITY_TOO_MANY_ATTEMPTS} @throws {AUTH_BUSY} */
  sendVerification(userId: string, request: AppMailRequest): Promise<Asked>
  /**
   * Confirms an address. Whoever is signed in to the account, or shows the code with the handle that they were given, has set it up, and
   * keeps it as it is. A link alone shows who reads the mailbox: whatever somebody else may have left on the account is gone then, its
   * password too, and they are signed in.
   *
   * @throws {AUTH_PROOF_INVALID} @throws {IDENTITY_TOO_MANY_ATTEMPTS} @throws {IDENTITY_SECOND_FACTOR_NEEDED} the address is confirmed then
   */
  verify(shown: Shown, who: MailReader & { readonly userId: string | undefined }): Promise<AppConfirmed>
  /** Sends what signs in. An address without an account gets one by it, unless sign-ups are closed. @throws as `sendVerification` */
  sendLink(request: AppMailRequest & { readonly email: string }): Promise<Asked>
  /** @throws {AUTH_PROOF_INVALID} @throws {IDENTITY_TOO_MANY_ATTEMPTS} @throws {IDENTITY_SECOND_FACTOR_NEEDED} */
  signIn(shown: Shown, who: MailReader): Promise<Session<AppUser>>
  /** Sends what chooses a new password. @throws as `sendVerification` */
  sendReset(request: AppMailRequest & { readonly email: string }): Promise<Asked>
  /**
   * Sets a new password, and ends all sessions. A password that is refused uses nothing up.
   *
   * @throws {AUTH_PROOF_INVALID} @throws {IDENTITY_WEAK_PASSWORD} @throws {IDENTITY_BUSY} @throws {IDENTITY_TOO_MANY_ATTEMPTS}
   */
  reset(shown: Shown, password: string, client: Client): Promise<void>
  /** For who is signed in: ends all other sessions. @throws {AUTH_PASSWORD_WRONG} @throws {IDENTITY_WEAK_PASSWORD} @throws {AUTH_TOO_OFTEN} */
  changePassword(
    userId: string,
    change: { readonly current: string; readonly next: string; readonly sessionId: string },
  ): Promise<void>
  /** Resolves when what was to be sent has been, or failed. */
  settled(): Promise<void>
}

/** What signing up asks besides. */
export interface SigningUp {
  /** Counts a message to the address. @returns the page that its link leads to */
  admit(request: AppMailRequest, email: string): Promise<{ readonly page: string | undefined }>
  /** Does what asking for a verification does, and tells the mailbox that there is an account already. */
  seem(email: string): Promise<Asked>
}

export function createAppByMail(parts: {
  readonly flows: EmailFlows
  /** Sends a word that lets nobody in. */
  tell(kind: "emailTaken", email: string): void
  settled(): Promise<void>
  readonly file: SqliteFile
  readonly clock: Clock
  readonly settings: AppSettingsStore
  readonly proofs: ProofStore
  letIn(step: FirstStep): Promise<Session<AppUser>>
  /** Counts whoever asks, by where they are. */
  takeClient(client: Client): Promise<void>
  /** Counts messages to one address. */
  takeAddress(email: string): Promise<void>
}): AppByMail & SigningUp {
  const { flows, tell, settled, file, clock, settings, proofs, letIn, takeClient, takeAddress } = parts

  /** What is counted before anything is sent, or not sent. */
  async function admit({ client, redirectTo }: AppMailRequest, email: string): Promise<{ page: string | undefined }> {
    const page = chooseRedirect(settings.read().redirectUrls, redirectTo)
    await takeClient(client)
    await takeAddress(email)
    return { page }
  }
  async function signedIn({ account }: Confirmed, { client, device }: MailReader): Promise<Session<AppUser>> {
    const { password_hash: passwordHash, id: userId } = rowOf(account.id)
    const refusal = (cause: unknown) => new ProofInvalid(undefined, { cause })
    return await letIn({ userId, passwordHash, amr: ["email"], client, device, refusal })
  }
  function rowOf(id: string): AppUserRow {
    const row = findAppUser(file, "id", id)
    if (row === undefined || row.disabled_at !== null) throw new ProofInvalid()
    return row
  }
  const userOf = (id: string): AppUser => toAppUser(rowOf(id))
  /** Whoever has the handle was told it when they set the account up, or asked for mail while they were signed in. */
  async function setUpBy(shown: Shown): Promise<string | undefined> {
    return "handle" in shown && HANDLE.test(shown.handle)
      ? (await proofs.find("ticket-verify", shown.handle))?.userId
      : undefined
  }

  return {
    admit,
    async seem(email) {
      const handle = randomBytes(16).toString("base64url")
      const nowMs = clock.now()
      const seeming = { kind: "seeming", counter: 0, data: "{}", createdMs: nowMs, expiresMs: nowMs + 1 }
      // As many writes as an account and its ticket take.
      for (const id of [`${handle}-`, handle]) await proofs.add({ ...seeming, id, userId: "ashlar:nobody" })
      const taken = findAppUser(file, "email", email)
      if (taken !== undefined && taken.disabled_at === null) tell("emailTaken", taken.email)
      return { handle }
    },
    async sendVerification(userId, request) {
      return await flows.askVerification(userId, await admit(request, userOf(userId).email))
    },
    async verify(shown, { userId, ...reader }) {
      await takeClient(reader.client)
      const confirmed = await flows.verify(shown, { userId: (await setUpBy(shown)) ?? userId })
      const isHere = userId === confirmed.account.id
      const session = isHere ? null : await signedIn(confirmed, reader)
      return { user: userOf(confirmed.account.id), session }
    },
    async sendLink({ email, ...request }) {
      const address = normalizeEmail(email)
      const page = await admit(request, address)
      // Who is disabled is no new one: nothing is sent, which is what a reset for them comes to.
      const isShut = (findAppUser(file, "email", address)?.disabled_at ?? null) !== null
      return await (isShut ? flows.askReset(address, page) : flows.askSignIn(address, page))
    },
    async signIn(shown, reader) {
      await takeClient(reader.client)
      return await signedIn(await flows.signIn(shown), reader)
    },
    async sendReset({ email, ...request }) {
      const address = normalizeEmail(email)
      return await flows.askReset(address, await admit(request, address))
    },
    async reset(shown, password, client) {
      await takeClient(client)
      await flows.reset(shown, password)
    },
    changePassword: (userId, change) => flows.changePassword(userId, change),
    settled,
  }
}

const HANDLE = /^[\w-]{22}$/
