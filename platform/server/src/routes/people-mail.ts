import { AuthBusy, AuthTooOften, EmailInvalid, ProofInvalid } from "@ashlar/auth/email"
import { StepUpRequired } from "@ashlar/auth/mfa"
import type { BaseContext } from "@ashlar/http"
import { InvalidInput, MailUnavailable, SecondFactorNeeded, TooManyAttempts } from "@ashlar/identity"
import {
  MailAsked,
  MailEntryBody,
  MailShownBody,
  MailSignInBody,
  MailVerificationBody,
  Session,
  User,
} from "@ashlar/protocol"
import { nameBrowser, readBrowser, readEntryCookie } from "../entry-cookies.ts"
import type { Api } from "../layers/caller.ts"
import type { Entries } from "../layers/entry.ts"
import type { Platform } from "../platform.ts"
import { answerSession, clientOf } from "./people.ts"

const tags = ["people"]
const asks = [MailUnavailable, InvalidInput, EmailInvalid, TooManyAttempts, AuthTooOften, AuthBusy]
const shows = [MailUnavailable, ProofInvalid, InvalidInput, TooManyAttempts]

type Asking = Pick<BaseContext, "address" | "headers" | "url" | "set">
const asking = (ctx: Asking, cookie: boolean | undefined) => ({
  client: clientOf(ctx),
  ...(cookie === true && { browser: nameBrowser(ctx) }),
})
const showing = (ctx: Asking) => ({ client: clientOf(ctx), browser: readBrowser(ctx) })

function shownIn({ token, handle, code }: MailShownBody): { token: string } | { handle: string; code: string } {
  if (token !== undefined) return { token }
  if (handle !== undefined && code !== undefined) return { handle, code }
  throw new InvalidInput("Expected `token`, or `handle` and `code`.", { details: { field: "token" } })
}

/** The ways of people that lead over their mailboxes: signing in, confirming an address, changing it. */
export function addPeopleMailRoutes(app: Api, { identity: { mail } }: Platform, { open, self }: Entries): void {
  app.post(
    "/v1/auth/mail/send",
    {
      name: "auth.mail.send",
      tags,
      summary: "Send a link and a code that sign in; the answer is the same for every address",
      layers: [open],
      body: MailSignInBody,
      response: { 202: MailAsked },
      errors: asks,
    },
    async (ctx) => ctx.json(await mail.sendLink(ctx.body.email, asking(ctx, ctx.body.cookie)), 202),
  )

  app.post(
    "/v1/auth/mail",
    {
      name: "auth.mail",
      tags,
      summary: "Sign in with the link or the code that was sent; where there is a second factor, it is asked for next",
      layers: [open],
      body: MailEntryBody,
      response: { 200: Session },
      errors: [...shows, SecondFactorNeeded],
    },
    async (ctx) => {
      const device = readEntryCookie(ctx, "ashlar_device")
      const session = await mail.signIn(shownIn(ctx.body), { ...showing(ctx), device })
      return answerSession(ctx, session, ctx.body.cookie, 200)
    },
  )

  app.post(
    "/v1/auth/email/verify/send",
    {
      name: "auth.email.verify.send",
      tags,
      summary: "Send what confirms one's address",
      layers: [self],
      body: MailVerificationBody,
      response: { 202: MailAsked },
      errors: asks,
    },
    async (ctx) => ctx.json(await mail.sendVerification(ctx.person.signedIn, asking(ctx, ctx.body.cookie)), 202),
  )

  app.post(
    "/v1/auth/email/verify",
    {
      name: "auth.email.verify",
      tags,
      summary: "Confirm one's address with the link or the code that was sent to it",
      layers: [self],
      body: MailShownBody,
      response: User,
      errors: shows,
    },
    (ctx) => mail.verify(shownIn(ctx.body), ctx.person.signedIn, showing(ctx)),
  )

  app.post(
    "/v1/auth/email/send",
    {
      name: "auth.email.send",
      tags,
      summary: "Send what proves a new address to it, and a word to the old one",
      layers: [self],
      body: MailSignInBody,
      response: { 202: MailAsked },
      errors: [...asks, StepUpRequired],
    },
    async (ctx) => {
      const { email, cookie } = ctx.body
      return ctx.json(await mail.sendEmailChange(ctx.person.signedIn, email, asking(ctx, cookie)), 202)
    },
  )

  app.post(
    "/v1/auth/email",
    {
      name: "auth.email",
      tags,
      summary: "Change one's address with the link or the code that was sent to the new one",
      layers: [self],
      body: MailShownBody,
      response: User,
      errors: shows,
    },
    (ctx) => mail.changeEmail(shownIn(ctx.body), ctx.person.signedIn, showing(ctx)),
  )
}
