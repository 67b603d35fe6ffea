import type { BaseContext } from "@ashlar/http"
import { currentPerson, readIdTokenHint } from "../authorize/authorize.ts"
import { isRegistered } from "../clients/redirect-uri.ts"
import { pageAnswer } from "../pages/page-answer.ts"
import type { Parts } from "../parts.ts"
import type { Person } from "../people.ts"
import { browserOf, requireSameBrowser } from "../wire/browser.ts"
import { formOf, type Parameters, queryOf } from "../wire/parameters.ts"
import { Refusal } from "../wire/refusal.ts"

interface Asked {
  readonly browser: string
  readonly goTo: string | null
}

/**
 * `GET` and `POST /oauth/logout`: signs a person out for a client. They are asked, unless an ID token shows that it is theirs.
 * @see https://openid.net/specs/openid-connect-rpinitiated-1_0.html
 */
export async function logout(parts: Parts, ctx: BaseContext): Promise<unknown> {
  const given = ctx.method === "POST" ? await formOf(ctx) : queryOf(ctx)
  const { settings, transactions, pages } = parts
  if (given.has("transaction")) return await decideLogout(parts, ctx, given)
  const hint = given.get("id_token_hint")
  const known = hint === undefined ? undefined : await readIdTokenHint(parts, hint)
  if (hint !== undefined && known === undefined)
    throw new Refusal("invalid_request", "The id_token_hint is no ID token of this server's.")
  const goTo = await addressOf(parts, given, known?.clientId)
  const person = await currentPerson(parts, ctx)
  if (person === undefined) return finish(parts, ctx, { goTo, kind: "signed-out" })
  const isTheirs = known?.sub === person.id && (known.sid === undefined || known.sid === person.sessionId)
  if (isTheirs) {
    await signOut(parts, ctx, person)
    return finish(parts, ctx, { goTo, kind: "signed-out" })
  }
  const data: Asked = { browser: browserOf(ctx, settings), goTo }
  const fields = { transaction: await transactions.seal("logout", data, settings.lifetimes.interactionSeconds) }
  const page = pages.signOut({ form: { action: settings.endpoints.logout, fields } })
  return pageAnswer(ctx, page, goTo === null ? {} : { formTo: goTo })
}

async function decideLogout(parts: Parts, ctx: BaseContext, form: Parameters): Promise<unknown> {
  const asked = await parts.transactions.require<Asked>("logout", form.get("transaction"))
  if (ctx.method !== "POST") throw new Refusal("invalid_request", "Expected a form.")
  requireSameBrowser(ctx, parts.settings, asked.browser)
  if (form.get("decision") !== "allow") return finish(parts, ctx, { goTo: null, kind: "stayed-signed-in" })
  const person = await currentPerson(parts, ctx)
  if (person !== undefined) await signOut(parts, ctx, person)
  return finish(parts, ctx, { goTo: asked.goTo, kind: "signed-out" })
}

/** Ends the session here first: what clients are told then is true. */
async function signOut(parts: Parts, ctx: BaseContext, person: Person): Promise<void> {
  await parts.people.signOut?.(ctx)
  await parts.backChannel.endSession(person)
}

/** Where the client wants the person after. It must say who it is, and have registered the address. */
async function addressOf(parts: Parts, given: Parameters, hinted: string | undefined): Promise<string | null> {
  const clientId = given.get("client_id")
  if (clientId !== undefined && hinted !== undefined && clientId !== hinted)
    throw new Refusal("invalid_request", "The id_token_hint is another client's.")
  const uri = given.get("post_logout_redirect_uri")
  if (uri === undefined) return null
  const id = clientId ?? hinted
  const client = id === undefined ? undefined : await parts.clients.get(id)
  if (client === undefined || !isRegistered(uri, client.postLogoutRedirectUris, client.authMethod === "none"))
    throw new Refusal("invalid_request", "The post_logout_redirect_uri is none of this client's.")
  const state = given.get("state")
  if (state === undefined) return uri
  return `${uri}${uri.includes("?") ? "&" : "?"}${new URLSearchParams({ state })}`
}

function finish(
  { pages }: Parts,
  ctx: BaseContext,
  { goTo, kind }: { readonly goTo: string | null; readonly kind: "signed-out" | "stayed-signed-in" },
): unknown {
  if (goTo === null) return pageAnswer(ctx, pages.message({ kind, detail: undefined }))
  return ctx.redirect(goTo, 303).withHeaders({ "cache-control": "no-store", "referrer-policy": "no-referrer" })
}
