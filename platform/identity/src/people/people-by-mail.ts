import { type Asked, type EmailFlows, ProofInvalid, type Shown } from "@ashlar/auth/email"
import type { RequireStepUp } from "../account-password.ts"
import type { User } from "../accounts.ts"
import { type AttemptLimit, addressKey } from "../attempt-limit.ts"
import { MailUnavailable } from "../errors.ts"
import type { FirstStep } from "../factors/sign-in-writes.ts"
import { type Client, normalizeEmail } from "../person.ts"
import type { Session, SignedIn } from "../sessions.ts"
import { createPersonFlows, type PersonFlowsParts } from "./person-flows.ts"
import { type PersonMailKind, wordPersonMail } from "./person-mail.ts"

/** Who asks for mail: what it brings is good in their browser only, if they name it by what nobody else has. */
export interface MailAsking {
  readonly client: Client
  readonly browser?: string | undefined
}

/**
 * The ways of people that lead over their mailboxes. Whoever asks is answered the same of every address, in the same time; what is sent
 * works once, by its link, or by its code with the `handle` that whoever asked was given.
 */
export interface PeopleByMail {
  /** Whether the install sends mail. Where it does not, each of these throws {IDENTITY_MAIL_UNAVAILABLE}. */
  readonly isOn: boolean
  /** @throws {IDENTITY_TOO_MANY_ATTEMPTS} {AUTH_BUSY} */
  sendVerification(who: SignedIn, asking: MailAsking): Promise<Asked>
  /** Confirms the address of whoever is signed in, and nobody else's. @throws {AUTH_PROOF_INVALID} {IDENTITY_TOO_MANY_ATTEMPTS} */
  verify(shown: Shown, who: SignedIn, asking: MailAsking): Promise<User>
  /**
   * Sends what signs in whose address is confirmed. Others get a word that tells them so, and strangers nothing.
   *
   * @throws {IDENTITY_INVALID_INPUT} {IDENTITY_TOO_MANY_ATTEMPTS} {AUTH_BUSY}
   */
  sendLink(email: string, asking: MailAsking): Promise<Asked>
  /**
   * @throws {AUTH_PROOF_INVALID} {IDENTITY_TOO_MANY_ATTEMPTS}
   * @throws {IDENTITY_SECOND_FACTOR_NEEDED} as `Identity.signIn`
   */
  signIn(shown: Shown, asking: MailAsking & { readonly device?: string | undefined }): Promise<Session>
  /** Sends what proves a new address to it, and a word to the old one. @throws {AUTH_STEP_UP_REQUIRED} and as `sendLink` */
  sendEmailChange(who: SignedIn, email: string, asking: MailAsking): Promise<Asked>
  /** Changes the address of whoever is signed in, and asked for it. @throws {AUTH_PROOF_INVALID} {IDENTITY_TOO_MANY_ATTEMPTS} */
  changeEmail(shown: Shown, who: SignedIn, asking: MailAsking): Promise<User>
  /** Tells somebody of their new password. It is not waited for. */
  tellPassword(to: string): void
  /** Resolves when what was to be sent has been, or failed. */
  settled(): Promise<void>
}

interface PeopleByMailParts extends Omit<PersonFlowsParts, "place"> {
  readonly requireStepUp: RequireStepUp
  letIn(step: FirstStep): Promise<Session>
  readonly perAddress: AttemptLimit
  readonly perMailbox: AttemptLimit
  /** Where the console is. Asked when mail is: an install may learn its address only when it listens. */
  readonly consoleUrl: () => string
}

const PAGES = {
  verify: "/confirm-address",
  "sign-in": "/sign-in/mail",
  "change-email": "/confirm-address?change=1",
} as const
const HANDLE_CHARACTERS = 22

export function createPeopleByMail(parts: PeopleByMailParts): PeopleByMail {
  const { clock, store, accounts, requireStepUp, letIn, perAddress, perMailbox, send, onError } = parts
  const going = new Set<Promise<unknown>>()
  const place = () => ({ host: new URL(parts.consoleUrl()).host, nowMs: clock.now() })
  const flowsFor = (isFound: (user: User) => boolean): EmailFlows => createPersonFlows({ ...parts, place }, isFound)
  /** Mail signs in whose address is confirmed alone: who reads a mailbox has not made each account of its address. */
  const [signing, owning] = [flowsFor((user) => user.emailVerified), flowsFor(() => true)]

  const page = (purpose: keyof typeof PAGES): string => new URL(PAGES[purpose], parts.consoleUrl()).href
  const requireOn = (): void => {
    if (send === undefined) throw new MailUnavailable()
  }
  /** What is counted before anything is sent, or not sent. */
  async function admit({ client }: MailAsking, email: string): Promise<void> {
    requireOn()
    await perAddress.take(addressKey(client.address))
    await perMailbox.take(email)
  }
  async function show({ client }: MailAsking): Promise<void> {
    requireOn()
    await perAddress.take(addressKey(client.address))
  }
  /** A word that lets nobody in. */
  function tell(kind: PersonMailKind, to: string): void {
    if (send === undefined) return
    const sending = new Promise<void>((resolve) => setImmediate(resolve))
      .then(() => send(wordPersonMail({ kind, to }, place())))
      .catch(onError)
      .finally(() => going.delete(sending))
    going.add(sending)
  }
  function userOf(id: string): User {
    const user = accounts.find(id)
    if (user === undefined) throw new ProofInvalid()
    return user
  }

  return {
    isOn: send !== undefined,
    async sendVerification({ user }, asking) {
      await admit(asking, user.email)
      return await owning.askVerification(user.id, { browser: asking.browser, page: page("verify") })
    },
    async verify(shown, { user }, asking) {
      await show(asking)
      await owning.verify(shown, { browser: asking.browser, userId: user.id })
      return userOf(user.id)
    },
    async sendLink(email, asking) {
      const address = normalizeEmail(email)
      await admit(asking, address)
      const known = accounts.findByEmail(address)
      const asked = await signing.askSignIn(address, { browser: asking.browser, page: page("sign-in") })
      if (known !== undefined && !known.emailVerified) tell("sign-in-unverified", known.email)
      return asked
    },
    async signIn(shown, { device, ...asking }) {
      await show(asking)
      // Looked at before the link is used: a password that is reset meanwhile ends what was begun before it.
      const handle = "handle" in shown ? shown.handle : shown.token.slice(0, HANDLE_CHARACTERS)
      const userId = (await store.find("ticket-sign-in", handle.slice(0, HANDLE_CHARACTERS)))?.userId
      const passwordHash = userId === undefined ? undefined : accounts.passwordHash(userId)
      const { account } = await signing.signIn(shown, { browser: asking.browser })
      if (passwordHash === undefined || account.id !== userId) throw new ProofInvalid()
      const refusal = (cause: unknown) => new ProofInvalid(undefined, { cause })
      return await letIn({ userId, passwordHash, amr: ["email"], client: asking.client, device, refusal })
    },
    async sendEmailChange(who, email, asking) {
      await requireStepUp(who)
      const address = normalizeEmail(email)
      await admit(asking, address)
      return await owning.askEmailChange(who.user.id, address, { browser: asking.browser, page: page("change-email") })
    },
    async changeEmail(shown, { user }, asking) {
      await show(asking)
      await owning.changeEmail(shown, { browser: asking.browser, userId: user.id })
      return userOf(user.id)
    },
    tellPassword: (to) => tell("password-changed", to),
    settled: async () => void (await Promise.all([signing.settled(), owning.settled(), ...going])),
  }
}
