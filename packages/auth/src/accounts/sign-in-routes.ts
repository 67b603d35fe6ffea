import type { DeclaredBy, ErrorClass } from "@ashlar/core"
import { type BaseContext, get, type InvalidInput, post, type Reply, type Route } from "@ashlar/http"
import { v } from "@ashlar/validation"
import type { AuthenticationResponseJSON, PublicKeyCredentialRequestOptionsJSON } from "@simplewebauthn/server"
import { type EmailRoutes, emailRoutes } from "../email/email-routes.ts"
import { type FormBody, onward, type ProofBody, setPageHeaders } from "../email/route-parts.ts"
import {
  AuthTooOften,
  CredentialsInvalid,
  CredentialsMissing,
  FactorUnknown,
  FactorWrong,
  MfaLocked,
  PasskeyRefused,
  PasswordsBusy,
  PasswordWrong,
  ProofInvalid,
  TooManyTries,
} from "../errors.ts"
import { anyOf, type GuardErrors } from "../guards/guard.ts"
import type { Accounts } from "./accounts.ts"
import type { Entered, StepWay } from "./entered.ts"
import { CEREMONY_BYTES } from "./route-door.ts"
import { stepPage } from "./step-page.ts"

interface PasswordBody extends FormBody {
  readonly login: string
  readonly password: string
  readonly next?: string | undefined
}
interface CodeBody extends FormBody {
  readonly code: string
  /** Of a code that was sent. */
  readonly handle?: string | undefined
  readonly remember?: boolean | "on" | undefined
  readonly next?: string | undefined
}
interface CeremonyBody {
  /** What `navigator.credentials.get` gave, as JSON. */
  readonly response: unknown
  readonly next?: string | undefined
  readonly remember?: boolean | undefined
}
/** As schemas have it: a list that may be written to. */
type Told = Omit<Entered, "ways"> & { ways: StepWay[] }
type Signs<P extends string, B, E extends ErrorClass> = Route<
  "POST",
  P,
  { body: B },
  Told,
  InvalidInput | DeclaredBy<E>
>
type Options<P extends string, E> = Route<"POST", P, object, PublicKeyCredentialRequestOptionsJSON, E>
type Steps<P extends string, B, E extends ErrorClass> = Route<
  "POST",
  P,
  { body: B },
  Told,
  GuardErrors | InvalidInput | DeclaredBy<E>
>

export interface SignInRoutes extends Omit<EmailRoutes, "signIn"> {
  readonly signIn: Signs<
    "/sign-in",
    PasswordBody,
    typeof PasswordWrong | typeof TooManyTries | typeof PasswordsBusy | typeof CredentialsInvalid
  >
  readonly signInByEmail: Signs<"/sign-in/email/confirm", ProofBody, typeof ProofInvalid | typeof CredentialsInvalid>
  readonly passkeyOptions: Options<"/sign-in/passkey/options", never>
  readonly signInByPasskey: Signs<"/sign-in/passkey", CeremonyBody, typeof PasskeyRefused | typeof CredentialsInvalid>
  readonly signOut: Route<"POST", "/sign-out", object, { next: string }, never>
}
export interface SecondStepRoutes {
  readonly secondStepPage: Route<"GET", "/second-step", object, string, GuardErrors>
  readonly secondStep: Steps<
    "/second-step",
    CodeBody,
    typeof FactorWrong | typeof MfaLocked | typeof CredentialsInvalid | typeof CredentialsMissing
  >
  readonly sendSecondStep: Route<
    "POST",
    "/second-step/send",
    object,
    { handle: string },
    GuardErrors | DeclaredBy<typeof FactorUnknown | typeof AuthTooOften>
  >
  readonly secondStepPasskeyOptions: Options<"/second-step/passkey/options", GuardErrors>
  readonly secondStepByPasskey: Steps<
    "/second-step/passkey",
    CeremonyBody,
    typeof PasskeyRefused | typeof MfaLocked | typeof CredentialsInvalid | typeof CredentialsMissing
  >
}

const text = (max: number) => v.string().max(max)
const form = { _csrf: text(512).optional() }
const next = text(2_048).optional()
const Password = v.object({ login: text(508), password: text(4_096).secret(), next, ...form })
const Proof = v.object({
  token: text(65).optional(),
  handle: text(22).optional(),
  code: text(20).optional(),
  ...form,
})
const remember = v.union([v.boolean(), v.literal("on")]).optional()
const Code = v.object({ code: text(40), handle: text(22).optional(), remember, next, ...form })
const Ceremony = v.object({ response: v.unknown(), next, remember: v.boolean().optional() })
const EnteredSchema = v.object({
  state: v.enum(["signed-in", "second-step"]),
  ways: v.array(v.enum(["code", "passkey", "sent", "recovery"])),
  next: v.string(),
})
const Next = v.object({ next: v.string() })
const Handle = v.object({ handle: v.string() })
const meta = { public: true } as const

/** Programs are told what came of it; forms are led on. */
function toldBy({ secondStepPage }: Accounts): (ctx: BaseContext, entered: Entered) => Reply<200, Told> | Response {
  return (ctx, entered) => {
    const answer = onward(ctx, entered.state === "signed-in" ? entered.next : secondStepPage)
    return answer instanceof Response ? answer : ctx.json({ ...entered, ways: [...entered.ways] })
  }
}

/** Routes by which people come in, and out. */
export function signInRoutes(accounts: Accounts): SignInRoutes {
  const { flows, mfa, guard, halfway, entry, note } = accounts
  const told = toldBy(accounts)
  // Its sign-in knows of no second step: ours takes its place.
  const { signIn: _bare, ...mail } = emailRoutes({
    flows,
    onSignIn: () => undefined,
    userIdOf: async (ctx) => {
      const found = await guard.sources[0]!.identify(ctx)
      return found !== undefined && "amr" in found ? found.id : undefined
    },
  })
  return {
    ...mail,
    signIn: post(
      "/sign-in",
      {
        summary: "Sign in by a password",
        body: Password,
        response: EnteredSchema,
        errors: [PasswordWrong, TooManyTries, PasswordsBusy, CredentialsInvalid],
        meta,
      },
      async (ctx) => told(ctx, await accounts.signInByPassword(ctx, ctx.body)),
    ),
    signInByEmail: post(
      "/sign-in/email/confirm",
      {
        summary: "Sign in by a link or a code",
        body: Proof,
        response: EnteredSchema,
        errors: [ProofInvalid, CredentialsInvalid],
        meta,
      },
      async (ctx) => told(ctx, await accounts.signInByEmail(ctx, ctx.body)),
    ),
    passkeyOptions: post("/sign-in/passkey/options", { summary: "What a browser asks its passkeys with", meta }, () =>
      mfa.passkeys.signInOptions(),
    ),
    signInByPasskey: post(
      "/sign-in/passkey",
      {
        summary: "Sign in by a passkey",
        body: Ceremony,
        response: EnteredSchema,
        errors: [PasskeyRefused, CredentialsInvalid],
        maxBodyBytes: CEREMONY_BYTES,
        meta,
      },
      async (ctx) => {
        // Its shape is checked where it is used up.
        const passed = await mfa.passkeys.signIn(ctx.body.response as AuthenticationResponseJSON)
        return told(ctx, await entry.begin(ctx, { ...passed, next: ctx.body.next }))
      },
    ),
    signOut: post("/sign-out", { summary: "Sign out", response: Next, meta }, async (ctx) => {
      const found = await guard.sources[0]!.identify(ctx)
      if (found !== undefined && "amr" in found) await note({ what: "session.ended", userId: found.id }, ctx)
      await halfway.signOut(ctx)
      await guard.signOut(ctx)
      return onward(ctx, "/")
    }),
  }
}

/** Routes of the second step: for who is half-way in, and for who is in and is asked for a new proof. */
export function secondStepRoutes(accounts: Accounts): SecondStepRoutes {
  const { mfa, guard, halfway, entry } = accounts
  const told = toldBy(accounts)
  // Where both cookies are there, the one who is half-way in is meant.
  const prover = anyOf(halfway, guard)
  return {
    secondStepPage: get("/second-step", { summary: "Ask for a second factor", layers: [prover] }, (ctx) => {
      setPageHeaders(ctx)
      return ctx.html(stepPage)
    }),
    secondStep: post(
      "/second-step",
      {
        summary: "Show a code: of an app, of a message, or for recovery",
        layers: [prover],
        body: Code,
        response: EnteredSchema,
        errors: [FactorWrong, MfaLocked, CredentialsInvalid, CredentialsMissing],
      },
      async (ctx) => {
        const { remember, ...typed } = ctx.body
        return told(ctx, await accounts.secondStep(ctx, ctx.principal, { ...typed, remember: Boolean(remember) }))
      },
    ),
    sendSecondStep: post(
      "/second-step/send",
      {
        summary: "Send a code as a second factor",
        layers: [prover],
        response: { 202: Handle },
        errors: [FactorUnknown, AuthTooOften],
      },
      async (ctx) => {
        const { id } = ctx.principal
        const factor = (await mfa.list(id)).find(({ kind }) => kind === "sent-code")
        if (factor === undefined || !accounts.sendsCodes) throw new FactorUnknown()
        return ctx.json(await mfa.sentCodes.ask(id, factor.id), 202)
      },
    ),
    secondStepPasskeyOptions: post(
      "/second-step/passkey/options",
      { summary: "What a browser asks its user's passkeys with", layers: [prover] },
      (ctx) => mfa.passkeys.signInOptions(ctx.principal.id),
    ),
    secondStepByPasskey: post(
      "/second-step/passkey",
      {
        summary: "Show a passkey as a second factor",
        layers: [prover],
        body: Ceremony,
        response: EnteredSchema,
        errors: [PasskeyRefused, MfaLocked, CredentialsInvalid, CredentialsMissing],
        maxBodyBytes: CEREMONY_BYTES,
      },
      async (ctx) => {
        const { response, remember = false, next: to } = ctx.body
        const shown = mfa.passkeys.signIn(response as AuthenticationResponseJSON, ctx.principal.id)
        return told(ctx, await entry.second(ctx, ctx.principal, { shown, remember, next: to }))
      },
    ),
  }
}
