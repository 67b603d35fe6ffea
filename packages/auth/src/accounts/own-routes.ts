import type { DeclaredBy } from "@ashlar/core"
import { del, get, type InvalidInput, NotFound, post, type Route } from "@ashlar/http"
import { v } from "@ashlar/validation"
import { requireStepUp } from "../access/step-up.ts"
import { type AccountEmailRoutes, accountEmailRoutes } from "../email/account-email-routes.ts"
import type { FormBody } from "../email/route-parts.ts"
import {
  type CredentialsMissing,
  PasswordsBusy,
  PasswordWeak,
  PasswordWrong,
  StepUpRequired,
  TooManyTries,
} from "../errors.ts"
import type { GuardErrors } from "../guards/guard.ts"
import type { Accounts } from "./accounts.ts"
import { inPerson } from "./in-person.ts"

/** An account, as its owner sees it. */
export interface OwnAccount {
  readonly id: string
  readonly email: string
  readonly isVerified: boolean
  readonly hasPassword: boolean
  /** Whether a second step is asked for at sign-in. */
  readonly hasFactors: boolean
}
/** Where the account is signed in. */
export interface OwnSession {
  readonly id: string
  /** Whether it is the one that asks. */
  readonly isThis: boolean
  readonly createdAtMs: number
  readonly lastSeenMs: number
  readonly userAgent?: string | undefined
  readonly address?: string | undefined
}

type OwnErrors = GuardErrors | DeclaredBy<typeof StepUpRequired>
type FreshErrors = OwnErrors | DeclaredBy<typeof CredentialsMissing>
interface NewPassword extends FormBody {
  readonly password: string
}

export interface OwnRoutes extends AccountEmailRoutes {
  readonly account: Route<"GET", "/account", object, OwnAccount, GuardErrors>
  readonly prove: Route<
    "POST",
    "/account/prove",
    { body: NewPassword },
    null,
    OwnErrors | InvalidInput | DeclaredBy<typeof PasswordWrong | typeof TooManyTries | typeof PasswordsBusy>
  >
  readonly setFirstPassword: Route<
    "POST",
    "/account/password/first",
    { body: NewPassword },
    null,
    FreshErrors | InvalidInput | DeclaredBy<typeof PasswordWrong | typeof PasswordWeak | typeof PasswordsBusy>
  >
  readonly sessions: Route<"GET", "/account/sessions", object, OwnSession[], OwnErrors>
  readonly endSessions: Route<"DELETE", "/account/sessions", object, { ended: number }, OwnErrors>
  readonly endSession: Route<
    "DELETE",
    "/account/sessions/:id",
    { params: { id: string } },
    null,
    OwnErrors | InvalidInput | DeclaredBy<typeof NotFound>
  >
}

const FRESH_SECONDS = 600
const Password = v.object({ password: v.string().max(4_096).secret(), _csrf: v.string().max(512).optional() })
const Own = v.object({
  id: v.string(),
  email: v.string(),
  isVerified: v.boolean(),
  hasPassword: v.boolean(),
  hasFactors: v.boolean(),
})
const SessionSchema = v.object({
  id: v.string(),
  isThis: v.boolean(),
  createdAtMs: v.number(),
  lastSeenMs: v.number(),
  userAgent: v.string().optional(),
  address: v.string().optional(),
})
const Id = v.object({ id: v.string().max(64) })

/** Routes of who is signed in: the account, its password and address, and where it is signed in. */
export function ownRoutes(accounts: Accounts): OwnRoutes {
  const { users, flows, guard, sessions, mfa, passwords, policy, tries, note, clock } = accounts
  const fresh = requireStepUp({ maxAgeSeconds: FRESH_SECONDS, clock })
  const layers = [guard, inPerson] as const
  const findUser = async (id: string) => {
    const user = await users.find(id)
    // The guard asked a moment ago: whoever was taken away since is not there.
    if (user === undefined) throw new NotFound()
    return user
  }
  const mail = accountEmailRoutes({ flows, guard, stepUpSeconds: FRESH_SECONDS, clock })
  return {
    ...mail,
    ...sessionRoutes(accounts),
    account: get("/account", { summary: "Your account", layers: [guard], response: Own }, async (ctx) => {
      const { id, email, isVerified } = await findUser(ctx.principal.id)
      const hasPassword = (await users.passwordHash(id)) !== undefined
      return { id, email, isVerified, hasPassword, hasFactors: await mfa.isEnrolled(id) }
    }),
    prove: post(
      "/account/prove",
      {
        summary: "Show your password again, for what asks for a new proof",
        layers,
        body: Password,
        response: { 204: null },
        errors: [PasswordWrong, TooManyTries, PasswordsBusy],
      },
      async (ctx) => {
        const { id, amr } = ctx.principal
        // A password that is new must not make a factor look new.
        if (await mfa.isEnrolled(id)) throw new StepUpRequired(undefined, { details: { amr: ["mfa"] } })
        const attempt = await tries.take(ctx, id)
        if (!(await passwords.verify(ctx.body.password, await users.passwordHash(id)))) throw new PasswordWrong()
        await attempt.succeeded()
        await guard.rotate(ctx, { amr: [...new Set([...amr, "pwd"])], authTimeMs: clock.now() })
        return ctx.json(null, 204)
      },
    ),
    setFirstPassword: post(
      "/account/password/first",
      {
        summary: "Choose a password, where you have none",
        layers: [guard, inPerson, fresh],
        body: Password,
        response: { 204: null },
        errors: [PasswordWrong, PasswordWeak, PasswordsBusy],
      },
      async (ctx) => {
        const { id, sessionId = "" } = ctx.principal
        if ((await users.passwordHash(id)) !== undefined)
          throw new PasswordWrong("There is a password. Show it, to change it.")
        const { email } = await findUser(id)
        await policy.check(ctx.body.password, [email])
        const hash = await passwords.hash(ctx.body.password)
        await note({ what: "password.changed", userId: id }, ctx)
        await users.setPasswordHash(id, hash)
        await sessions.revokeAll(id, { sessionId })
        return ctx.json(null, 204)
      },
    ),
  }
}

function sessionRoutes({
  guard,
  sessions,
  note,
}: Accounts): Pick<OwnRoutes, "sessions" | "endSessions" | "endSession"> {
  const layers = [guard, inPerson] as const
  return {
    sessions: get(
      "/account/sessions",
      { summary: "Where you are signed in", layers, response: v.array(SessionSchema) },
      async (ctx) => {
        const { id, sessionId } = ctx.principal
        return (await sessions.list(id)).map((one) => ({
          id: one.id,
          isThis: one.id === sessionId,
          createdAtMs: one.createdAtMs,
          lastSeenMs: one.lastSeenMs,
          ...(one.userAgent !== undefined && { userAgent: one.userAgent }),
          ...(one.address !== undefined && { address: one.address }),
        }))
      },
    ),
    endSessions: del(
      "/account/sessions",
      { summary: "Sign out everywhere else", layers, response: v.object({ ended: v.integer() }) },
      async (ctx) => {
        const { id, sessionId = "" } = ctx.principal
        await note({ what: "session.ended", userId: id }, ctx)
        return { ended: await sessions.revokeAll(id, { sessionId }) }
      },
    ),
    endSession: del(
      "/account/sessions/:id",
      { summary: "Sign out somewhere", layers, params: Id, response: { 204: null }, errors: [NotFound] },
      async (ctx) => {
        const { id } = ctx.principal
        if (!(await sessions.revoke(id, ctx.params.id))) throw new NotFound("There is no such session.")
        await note({ what: "session.ended", userId: id }, ctx)
        return ctx.json(null, 204)
      },
    ),
  }
}
