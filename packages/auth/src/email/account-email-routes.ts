import type { Clock, DeclaredBy } from "@ashlar/core"
import { get, type InvalidInput, post, type Route } from "@ashlar/http"
import { v } from "@ashlar/validation"
import { requireStepUp } from "../access/step-up.ts"
import {
  AuthBusy,
  AuthTooOften,
  type CredentialsMissing,
  EmailInvalid,
  PasswordWeak,
  PasswordWrong,
  ProofInvalid,
  type StepUpRequired,
} from "../errors.ts"
import type { Guard, GuardErrors } from "../guards/guard.ts"
import { type ConfirmPage, confirmPage } from "./confirm-page.ts"
import type { Asked, EmailFlows } from "./email-flows.ts"
import { type FormBody, type Onward, onward, type ProofBody, setPageHeaders, shownIn } from "./route-parts.ts"

export interface AccountEmailRoutesOptions {
  readonly flows: EmailFlows
  /** Who is signed in. */
  readonly guard: Guard
  /** How long ago at most somebody proved who they are who changes their address. Default: 600. */
  readonly stepUpSeconds?: number
  /** Draws the page that a link opens. */
  readonly page?: ConfirmPage
  /** For tests. Default: the machine's. */
  readonly clock?: Clock
}

type AskErrors = GuardErrors | DeclaredBy<typeof AuthTooOften | typeof AuthBusy>
type StepUpErrors = DeclaredBy<typeof StepUpRequired | typeof CredentialsMissing>
interface PasswordBody extends FormBody {
  readonly current: string
  readonly password: string
}
interface EmailBody extends FormBody {
  readonly email: string
}

export interface AccountEmailRoutes {
  readonly askVerification: Route<"POST", "/account/email/verify", object, Asked, AskErrors>
  readonly changePassword: Route<
    "POST",
    "/account/password",
    { body: PasswordBody },
    Onward,
    GuardErrors | InvalidInput | DeclaredBy<typeof PasswordWrong | typeof PasswordWeak | typeof AuthTooOften>
  >
  readonly askEmailChange: Route<
    "POST",
    "/account/email",
    { body: EmailBody },
    Asked,
    AskErrors | StepUpErrors | InvalidInput | DeclaredBy<typeof EmailInvalid>
  >
  readonly emailChangePage: Route<
    "GET",
    "/account/email/confirm",
    { query: { readonly token: string } },
    string,
    InvalidInput
  >
  readonly changeEmail: Route<
    "POST",
    "/account/email/confirm",
    { body: ProofBody },
    Onward,
    GuardErrors | InvalidInput | DeclaredBy<typeof ProofInvalid>
  >
}

const text = (max: number) => v.string().max(max)
const form = { _csrf: text(512).optional() }
const ProofSchema = v.object({
  token: text(65).optional(),
  handle: text(22).optional(),
  code: text(20).optional(),
  ...form,
})
const PasswordSchema = v.object({ current: text(4_096).secret(), password: text(4_096).secret(), ...form })
const EmailSchema = v.object({ email: text(508), ...form })
const HandleSchema = v.object({ handle: v.string() })
const NextSchema = v.object({ next: v.string() })
const TokenSchema = v.object({ token: text(65) })

/**
 * Routes for who is signed in: verify the address, change the password, change the address. Put `csrf()` of `@ashlar/security` around them.
 * The link to a new address works in the session that asked for it.
 *
 * @throws {AUTH_SETUP_INVALID}
 * @example app.scope("/", [csrf()], (scope) => scope.add(accountEmailRoutes({ flows, guard: signedIn })))
 */
export function accountEmailRoutes({
  flows,
  guard,
  stepUpSeconds = 600,
  page = confirmPage,
  clock,
}: AccountEmailRoutesOptions): AccountEmailRoutes {
  const fresh = requireStepUp({ maxAgeSeconds: stepUpSeconds, ...(clock && { clock }) })
  return {
    askVerification: post(
      "/account/email/verify",
      {
        summary: "Send what verifies your address",
        layers: [guard],
        response: { 202: HandleSchema },
        errors: [AuthTooOften, AuthBusy],
      },
      async (ctx) => ctx.json(await flows.askVerification(ctx.principal.id), 202),
    ),
    changePassword: post(
      "/account/password",
      {
        summary: "Change your password",
        layers: [guard],
        body: PasswordSchema,
        response: NextSchema,
        errors: [PasswordWrong, PasswordWeak, AuthTooOften],
      },
      async (ctx) => {
        const { id, sessionId } = ctx.principal
        const { current, password } = ctx.body
        await flows.changePassword(id, { current, next: password, ...(sessionId !== undefined && { sessionId }) })
        return onward(ctx, "/")
      },
    ),
    askEmailChange: post(
      "/account/email",
      {
        summary: "Send what proves a new address to it",
        layers: [guard, fresh],
        body: EmailSchema,
        response: { 202: HandleSchema },
        errors: [EmailInvalid, AuthTooOften, AuthBusy],
      },
      async (ctx) => ctx.json(await flows.askEmailChange(ctx.principal.id, ctx.body.email), 202),
    ),
    emailChangePage: get(
      "/account/email/confirm",
      { summary: "Ask whether to change the address", query: TokenSchema },
      async (ctx) => {
        const { token } = ctx.query
        const isGood = await flows.isGood("change-email", token)
        setPageHeaders(ctx)
        return ctx.html(page({ purpose: "change-email", token, isGood, ctx }), isGood ? 200 : 400)
      },
    ),
    changeEmail: post(
      "/account/email/confirm",
      {
        summary: "Change your address",
        layers: [guard],
        body: ProofSchema,
        response: NextSchema,
        errors: [ProofInvalid],
      },
      async (ctx) => {
        const { next } = await flows.changeEmail(shownIn(ctx.body), { userId: ctx.principal.id })
        return onward(ctx, next)
      },
    ),
  }
}
