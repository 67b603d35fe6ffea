import { type ManualClock, manualClock } from "@ashlar/core"
import type { EmailAccounts } from "../email/email-accounts.ts"
import { createEmailFlows, type EmailFlows, type EmailFlowsOptions } from "../email/email-flows.ts"
import type { EmailMessage } from "../email/email-message.ts"
import { createPasswordPolicy } from "../passwords/password-policy.ts"
import { createPasswords, type Passwords } from "../passwords/passwords.ts"
import { MemoryProofs } from "../proofs/drivers/memory.ts"
import type { ProofStore } from "../proofs/proof-store.ts"

export interface WorldAccount {
  id: string
  email: string
  isVerified: boolean
  passwordHash?: string | undefined
  /** Linked identities, passkeys, keys: whatever else lets somebody in. */
  ways: string[]
}

/** An app's accounts in memory, with its mailbox and its sessions, for tests of the flows. */
export interface EmailWorld {
  readonly clock: ManualClock
  readonly flows: EmailFlows
  readonly accounts: Map<string, WorldAccount>
  readonly store: ProofStore
  readonly passwords: Passwords
  readonly sent: EmailMessage[]
  readonly errors: unknown[]
  /** Whose sessions are there: `[user, session]`. */
  readonly sessions: [string, string][]
  add(account: Partial<WorldAccount> & { readonly email: string }): WorldAccount
  /** The last message to an address, once all is sent. */
  mailTo(email: string): Promise<Extract<EmailMessage, { url: string }>>
}

export const KEY = "a key of thirty-two bytes or more"

export function emailWorld(
  options: Partial<EmailFlowsOptions> & { readonly canSignUp?: boolean; readonly clock?: ManualClock } = {},
): EmailWorld {
  const { canSignUp = true, clock = manualClock(), ...rest } = options
  const store = options.store ?? new MemoryProofs(100_000, clock)
  const accounts = new Map<string, WorldAccount>()
  const [sent, errors]: [EmailMessage[], unknown[]] = [[], []]
  const sessions: [string, string][] = []
  const passwords = createPasswords({ memoryKib: 64, passes: 1, allowWeak: true, queueLimit: 1_000 })
  const of = (id: string): WorldAccount => accounts.get(id)!
  const add: EmailWorld["add"] = (given) => {
    const account = { id: crypto.randomUUID(), isVerified: true, ways: [], ...given }
    accounts.set(account.id, account)
    return account
  }
  const port: EmailAccounts = {
    find: async (id) => copy(accounts.get(id)),
    findByEmail: async (email) => copy([...accounts.values()].find((account) => account.email === email)),
    ...(canSignUp && { create: async (email) => add({ email, isVerified: false }) }),
    async markVerified(id, { email, isClaim }) {
      const account = of(id)
      if (account.email !== email) return
      account.isVerified = true
      if (isClaim) Object.assign(account, { passwordHash: undefined, ways: [] })
    },
    async changeEmail(id, { from, to }) {
      if (of(id).email !== from || [...accounts.values()].some(({ email }) => email === to)) return false
      Object.assign(of(id), { email: to, isVerified: true })
      return true
    },
    passwordHash: async (id) => accounts.get(id)?.passwordHash,
    setPasswordHash: async (id, passwordHash) => Object.assign(of(id), { passwordHash }),
    async revokeSessions(id, except) {
      const kept = sessions.filter(([user, session]) => user !== id || session === except?.sessionId)
      sessions.splice(0, sessions.length, ...kept)
    },
  }
  const page = (name: string) => `https://app.test/${name}/confirm`
  const flows = createEmailFlows({
    store,
    keys: [KEY],
    accounts: port,
    deliver: (message) => sent.push(message),
    pages: { verify: page("verify"), "sign-in": page("sign-in"), reset: page("reset"), "change-email": page("change") },
    passwords,
    policy: createPasswordPolicy(),
    perHour: 100,
    onError: (error) => errors.push(error),
    clock,
    ...rest,
  })
  return {
    clock,
    flows,
    accounts,
    store,
    passwords,
    sent,
    errors,
    sessions,
    add,
    async mailTo(email) {
      await flows.settled()
      const message = sent.findLast(({ to }) => to === email)
      return message as Extract<EmailMessage, { url: string }>
    },
  }
}

export function tokenOf({ url }: { readonly url: string }): string {
  return new URL(url).searchParams.get("token")!
}
function copy<T extends object>(value: T | undefined): T | undefined {
  return value === undefined ? undefined : { ...value }
}
