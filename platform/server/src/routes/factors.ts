import { FactorUnknown, PasskeyRefused } from "@ashlar/auth/mfa"
import { layer } from "@ashlar/http"
import { PasskeysUnavailable, SecondStepOver, TooManyAttempts } from "@ashlar/identity"
import {
  FactorState,
  PasskeyOptions,
  PasskeySignInBody,
  RememberedDevices,
  SecondStepBody,
  Session,
  TicketBody,
} from "@ashlar/protocol"
import { entryCookie } from "../entry-cookies.ts"
import type { Api } from "../layers/caller.ts"
import type { Entries } from "../layers/entry.ts"
import type { Platform } from "../platform.ts"
import { addOwnFactorRoutes, type OwnFactors, proving, toFactor } from "./own-factors.ts"
import { answerSession, clientOf } from "./people.ts"

const tags = ["people"]

/** Second factors of the people who use this install: they have them, sign in by them, and prove who they are again by them. */
export function addFactorRoutes(app: Api, platform: Platform, entries: Entries): void {
  addSignInRoutes(app, platform, entries)
  addStateRoutes(app, platform, entries)
  addRememberedRoutes(app, platform, entries)
  const { self } = entries
  const { factors, steps } = platform.identity
  const own = layer({
    name: "ownFactors",
    needs: [self],
    before: ({ person: { signedIn: who } }): { own: OwnFactors } => ({
      own: { factors, who, stepUp: (proof) => steps.stepUp(who, proof) },
    }),
  })
  app.scope("/v1/auth", [self, own], (scope) => addOwnFactorRoutes(scope, { name: "mfa", tags }))
}

function addSignInRoutes(app: Api, { identity }: Platform, { open }: Entries): void {
  const { steps, factors } = identity
  app.post(
    "/v1/auth/signin/factor",
    {
      name: "auth.signin.factor",
      tags,
      summary: "The second step of signing in: show a factor",
      layers: [open],
      body: SecondStepBody,
      response: { 200: Session },
      errors: [SecondStepOver, ...proving],
    },
    async (ctx) => {
      const { ticket, cookie, remember, ...proof } = ctx.body
      const session = await steps.finish({ ticket, proof, client: clientOf(ctx) })
      if (remember === true && cookie === true) {
        const who = await identity.authenticate(session.accessToken)
        const { token, expiresMs } = await factors.devices.remember(who, browserOf(clientOf(ctx).userAgent))
        const seconds = Math.floor((expiresMs - Date.now()) / 1_000)
        ctx.set("set-cookie", entryCookie(ctx, "ashlar_device", token, seconds))
      }
      return answerSession(ctx, session, cookie, 200)
    },
  )

  app.post(
    "/v1/auth/signin/factor/options",
    {
      name: "auth.signin.factor.options",
      tags,
      summary: "What the browser is asked for a passkey with, as the second step",
      layers: [open],
      body: TicketBody,
      response: PasskeyOptions,
      errors: [SecondStepOver, PasskeysUnavailable],
    },
    async (ctx) => ({ ...(await steps.passkeyRequest(ctx.body.ticket)) }),
  )

  app.post(
    "/v1/auth/signin/passkey",
    {
      name: "auth.signin.passkey",
      tags,
      summary: "Sign in by a passkey, without a password",
      layers: [open],
      body: PasskeySignInBody,
      response: { 200: Session },
      errors: [PasskeyRefused, PasskeysUnavailable, TooManyAttempts],
    },
    async (ctx) => {
      const { passkey, cookie } = ctx.body
      return answerSession(ctx, await steps.byPasskey({ passkey, client: clientOf(ctx) }), cookie, 200)
    },
  )

  app.post(
    "/v1/auth/signin/passkey/options",
    {
      name: "auth.signin.passkey.options",
      tags,
      summary: "What the browser is asked for a passkey with; it says nothing of anybody",
      layers: [open],
      response: PasskeyOptions,
      errors: [PasskeysUnavailable],
    },
    async () => ({ ...(await factors.passkeyRequest()) }),
  )
}

/** What a browser is called in the list of those that are remembered. */
function browserOf(userAgent: string): string {
  const known = [
    ...([
      ["Edg/", "Edge"],
      ["Firefox/", "Firefox"],
      ["Chrome/", "Chrome"],
      ["Safari/", "Safari"],
    ] as const),
  ]
  return known.find(([sign]) => userAgent.includes(sign))?.[1] ?? "A browser"
}

/** Browsers on which the second factor is not asked at each sign-in. */
function addRememberedRoutes(app: Api, { identity: { factors } }: Platform, { self }: Entries): void {
  app.get(
    "/v1/auth/mfa/devices",
    {
      name: "mfa.devices.list",
      tags,
      summary: "Browsers that ask the person who asks for no second factor",
      layers: [self],
      response: RememberedDevices,
    },
    async (ctx) => ({
      items: (await factors.devices.list(ctx.person.id)).map(({ id, label, createdMs, expiresMs }) => ({
        ...{ id, label, createdAt: new Date(createdMs).toISOString() },
        expiresAt: new Date(expiresMs).toISOString(),
      })),
    }),
  )

  app.delete(
    "/v1/auth/mfa/devices/:device",
    {
      name: "mfa.devices.remove",
      tags,
      summary: "Forget one: it asks for a second factor again",
      layers: [self],
      response: { 204: null },
      errors: [FactorUnknown],
    },
    async (ctx) => {
      await factors.devices.forget(ctx.person.id, ctx.params.device)
      return ctx.empty()
    },
  )
}

function addStateRoutes(app: Api, { identity: { factors } }: Platform, { self }: Entries): void {
  app.get(
    "/v1/auth/mfa",
    {
      name: "mfa.get",
      tags,
      summary: "The second factors of the person who asks",
      layers: [self],
      response: FactorState,
    },
    async (ctx) => {
      const { factors: all, ...state } = await factors.state(ctx.person.id)
      const passkeys = state.passkeys && { rpId: state.passkeys.rpId, origins: [...state.passkeys.origins] }
      return { ...state, factors: all.map(toFactor), passkeys }
    },
  )
}
