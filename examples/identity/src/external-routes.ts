import { StepUpRequired } from "@ashlar/auth"
import type { BaseContext, Scope } from "@ashlar/http"
import { decideAccount, type ExternalIdentity, oauthRoutes } from "@ashlar/oauth/client"
import * as pages from "./pages/sign-in-pages.ts"
import type { Parts } from "./parts.ts"
import { onward, principalOf } from "./sign-in-routes.ts"

const REFUSED = {
  "linked-elsewhere":
    "That account is connected to somebody else here. Sign in with it, and disconnect it there first.",
  "unverified-identity":
    "There is an account with this address, and the other side has not verified that it is yours. Sign in by a link to your mailbox, then connect it on the page of your account.",
  "unverified-account":
    "There is an account with this address that nobody has verified yet. Sign in by a link to your mailbox, then connect it on the page of your account.",
  "no-address":
    "The other side gave no address that it has verified, and every account here has one. Make an account by e-mail, then connect it on its page.",
} as const

/** Sign-in with accounts of elsewhere. An address links only where both sides have verified it. */
export function externalRoutes<E>(scope: Scope<unknown, E>, parts: Parts): void {
  const { client, people, identities, journal, mfa } = parts

  /** Who may connect another way in: who has shown all factors that they have, in this session. */
  const userIdOf = async (ctx: BaseContext): Promise<string | undefined> => {
    const principal = await principalOf(ctx, parts)
    if (principal === undefined) return undefined
    if (!principal.amr.includes("mfa") && (await mfa.isEnrolled(principal.id))) throw new StepUpRequired()
    return principal.id
  }
  const accounts = {
    async findByIdentity(issuer: string, subject: string) {
      const id = await identities.ownerOf(issuer, subject)
      return id === undefined ? undefined : { id }
    },
    async findByEmail(address: string) {
      const row = await people.findByEmail(address)
      return row && { id: row.id, email: row.email, isVerified: row.is_verified === 1 }
    },
  }
  const refuse = async (ctx: BaseContext, reason: keyof typeof REFUSED, about?: string) => {
    await journal.note(ctx, "identity.refused", { about, outcome: "denied", details: { reason } })
    return ctx.html(pages.messagePage("That did not work", REFUSED[reason]), 409)
  }
  /** Remembers whose it is, and tells the owner of the account, who may not be the one at the keyboard. */
  const link = async (ctx: BaseContext, personId: string, identity: ExternalIdentity): Promise<boolean> => {
    const { issuer, subject, provider, email, name } = identity
    if (!(await identities.connect(personId, { issuer, subject, provider, label: email ?? name ?? subject })))
      return false
    await journal.note(ctx, "identity.connected", { about: personId, details: { provider, issuer } })
    const person = (await people.find(personId))!
    parts.tell(person.email, `Your account can be signed in to with ${parts.labelOf(provider)} from now on.`)
    return true
  }

  scope.add(
    oauthRoutes({
      client,
      userIdOf,
      page: pages.failedPage,
      async onSignIn(ctx, { identity, connect, next }) {
        const decide = () => decideAccount(identity, accounts, { signedInAs: connect })
        let decision = await decide()
        let userId: string | undefined
        if (decision.action === "create") {
          if (decision.email === undefined || !decision.isEmailVerified) return await refuse(ctx, "no-address")
          const { name } = identity
          const person = { email: decision.email, is_verified: 1, ...(name !== undefined && { name }) }
          userId = await people.createUnlessThere(person)
          if (userId !== undefined)
            await journal.note(ctx, "account.created", { about: userId, details: { by: identity.provider } })
          // Another tab of the same person was faster: the account is there now.
          else decision = await decide()
        }
        if (decision.action === "refuse") return await refuse(ctx, decision.reason, connect)
        if (decision.action !== "create") userId = decision.userId
        if (userId === undefined) return await refuse(ctx, "linked-elsewhere", connect)
        if (decision.action !== "sign-in" && !(await link(ctx, userId, identity)))
          return await refuse(ctx, "linked-elsewhere", connect)
        if (connect !== undefined) return ctx.redirect("/account?done=connected", 303)
        return ctx.redirect(onward(await parts.accounts.signIn(ctx, { userId, amr: ["fed"], next })), 303)
      },
    }),
  )
}
