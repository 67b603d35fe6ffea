import { expectTypeOf } from "bun:test"
import { createApp } from "@ashlar/http"
import { type EmailRoutes, emailRoutes } from "../email/index.ts"
import { openSessions, sessionGuard } from "../index.ts"
import { decideLinking } from "../linking/index.ts"
import type { Passwords } from "../passwords/index.ts"
import { changesBy, createMfa, type Factor, type Passed, requireMfa } from "./index.ts"

const mfa = createMfa({
  store: {} as never,
  sealer: { seal: async (text) => text, open: (sealed) => sealed },
  key: "",
  totp: { issuer: "Shop" },
})
const signedIn = sessionGuard({ sessions: openSessions("memory:") })
const app = createApp()

// A layer that asks for a second factor stands behind one that tells who calls.
app.get("/a", { layers: [signedIn, requireMfa({ mfa })] }, (ctx) => {
  expectTypeOf(ctx.principal.amr).toEqualTypeOf<readonly string[]>()
  return null
})
// @ts-expect-error nobody tells who calls
app.get("/b", { layers: [requireMfa({ mfa })] }, () => null)

// Nothing in a factor proves anything, and one that is passed says whose it is.
expectTypeOf<keyof Factor>().toEqualTypeOf<
  "id" | "kind" | "label" | "createdMs" | "usedMs" | "isBackedUp" | "channel"
>()
expectTypeOf(mfa.totp.verify).returns.resolves.toEqualTypeOf<Passed>()
expectTypeOf(changesBy).parameter(0).toEqualTypeOf<Passed>()
// @ts-expect-error whoever changes factors is asked how they proved who they are
void mfa.remove("7", "factor")

// A hash of nobody is a hash that is not there.
expectTypeOf<Parameters<Passwords["verify"]>[1]>().toEqualTypeOf<string | null | undefined>()

// A decision is one of four, each with what it needs.
const decision = await decideLinking({} as never, {} as never)
if (decision.action === "refuse") expectTypeOf(decision.reason).not.toEqualTypeOf<string>()
// @ts-expect-error a refusal names no user
if (decision.action === "refuse") void decision.userId

// Routes keep what they take and give.
expectTypeOf(emailRoutes).returns.toEqualTypeOf<EmailRoutes>()
type AskOutput = NonNullable<EmailRoutes["askSignIn"]["~out"]>
expectTypeOf<AskOutput>().toEqualTypeOf<{ readonly handle: string }>()
