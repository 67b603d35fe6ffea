/** The users of an app on a real file, for this package's tests, beside an install. */
import { join } from "node:path"
import { createUuidv7 } from "@ashlar/core"
import { openSqlite } from "@ashlar/sqlite"
import type { AppMessage } from "../app/app-mail.ts"
import type { AppSettingsChange } from "../app/app-settings.ts"
import type { AppUser } from "../app/app-user.ts"
import { type AppUsers, createAppUsers } from "../app/app-users.ts"
import { identityFeature } from "../feature.ts"
import { argon2Passwords } from "../passwords.ts"
import type { Session, SignedIn } from "../sessions.ts"
import { appCode } from "./authenticator.ts"
import { client, failureOf, type Install, password } from "./install.ts"

export interface TestApp {
  readonly users: AppUsers
  readonly sent: readonly AppMessage[]
  settle(change: AppSettingsChange): Promise<unknown>
  /** Somebody who has an account and a session. */
  join(email: string): Promise<SignedIn<AppUser>>
  who(session: Session<AppUser>): Promise<SignedIn<AppUser>>
  /** Adds an authenticator app. */
  enrol(who: SignedIn<AppUser>): Promise<Enrolled>
  /** The ticket that the right password gets. */
  ticket(email: string, device?: string): Promise<string>
  close(): Promise<void>
}

export interface Enrolled {
  readonly factorId: string
  readonly recoveryCodes: readonly string[]
  /** What it shows now. */
  now(): string
  /** What it shows once its next step has come. */
  next(): string
}

export async function openApp({ folder, clock, sealer }: Install, projectId = "p1"): Promise<TestApp> {
  const engine = openSqlite()
  const file = await engine.open(join(folder, `app-${projectId}.db`), { kind: "project", features: [identityFeature] })
  const sent: AppMessage[] = []
  const mailer = { nameOf: () => "Walls", send: async (message: AppMessage) => void sent.push(message) }
  const passwords = argon2Passwords({ memoryKib: 8, passes: 1 })
  const open = createAppUsers({ sealer, clock, ids: createUuidv7(clock), passwords, mailer })
  const users = await open({ projectId, file })
  const who = (session: Session<AppUser>): Promise<SignedIn<AppUser>> => users.authenticate(session.accessToken)
  return {
    users,
    sent,
    who,
    settle: (change) => users.settings.change(change),
    join: async (email) => who((await users.signUp({ email, password, client })).session!),
    async enrol(owner) {
      const { factorId, secret } = await users.factors.enrolApp(owner)
      const now = (): string => appCode(secret, clock.now())
      const { recoveryCodes } = await users.factors.confirmApp(owner, { factorId, code: now() })
      const next = (): string => {
        clock.advance(30_000)
        return now()
      }
      return { factorId, recoveryCodes: recoveryCodes ?? [], now, next }
    },
    async ticket(email, device) {
      const failure = await failureOf(() => users.signIn({ email, password, client, device }))
      if (failure?.code !== "IDENTITY_SECOND_FACTOR_NEEDED") throw new TypeError(`no ticket but ${failure?.code}`)
      return failure.details?.ticket as string
    },
    close: () => engine.close(),
  }
}
