import type { BaseContext } from "@ashlar/http"
import { compactVerify, errors } from "jose"
import type { KnownClient } from "../clients/client.ts"
import { pageAnswer, placeOf } from "../pages/page-answer.ts"
import type { Parts } from "../parts.ts"
import type { Person, SignInRequest } from "../people.ts"
import { hashOf, randomToken } from "../store/records.ts"
import { grantOf } from "../tokens/grants.ts"
import { browserOf, requireSameBrowser } from "../wire/browser.ts"
import { formOf, queryOf } from "../wire/parameters.ts"
import { Refusal } from "../wire/refusal.ts"
import { answerClient } from "./answer.ts"
import { type AuthorizationRequest, RefusedAtClient, readAuthorizationRequest } from "./authorization-request.ts"

/** A request on its way through sign-in and consent. */
interface Running {
  readonly request: AuthorizationRequest
  readonly startedMs: number
  /** How often the person was sent to sign in for it. */
  readonly asked: number
}
interface ConsentAsked extends Running {
  readonly sub: string
  readonly browser: string
}
const MAX_ASKED = 3

/** `GET` and `POST /oauth/authorize`. */
export async function authorize(parts: Parts, ctx: BaseContext): Promise<unknown> {
  return await atClient(parts, ctx, async () => {
    if (ctx.method === "POST") {
      const request = await readAuthorizationRequest(parts, await formOf(ctx))
      // Another site's form brings no cookies along: they come with the page that this leads to.
      return ctx.redirect(await returnTo(parts, { request, startedMs: parts.now(), asked: 0 }), 303)
    }
    const query = queryOf(ctx)
    const running = query.has("transaction")
      ? await parts.transactions.require<Running>("authorize", query.get("transaction"))
      : { request: await readAuthorizationRequest(parts, query), startedMs: parts.now(), asked: 0 }
    return await proceed(parts, ctx, running)
  })
}

/** `POST /oauth/consent`: what the person decided. */
export async function decideConsent(parts: Parts, ctx: BaseContext): Promise<unknown> {
  return await atClient(parts, ctx, async () => {
    const form = await formOf(ctx)
    const asked = await parts.transactions.require<ConsentAsked>("consent", form.get("transaction"))
    requireSameBrowser(ctx, parts.settings, asked.browser)
    const { request } = asked
    const person = await currentPerson(parts, ctx)
    const client = await clientOf(parts, request)
    // Somebody else signed in meanwhile, or it became too long ago: begin again.
    if (person?.id !== asked.sub || (await reasonToSignIn(parts, asked, person)) !== undefined)
      return await proceed(parts, ctx, asked)
    if (form.get("decision") !== "allow")
      throw new RefusedAtClient("access_denied", "The person did not allow it.", request)
    const { scopes, resources } = request
    await parts.applications.allow(person.id, client.id, { scopes, resources, nowMs: parts.now() })
    return await giveCode(parts, ctx, request, person)
  })
}

/** Tells the client what is wrong where its address is known, and the person where it is not. */
async function atClient(parts: Parts, ctx: BaseContext, work: () => Promise<unknown>): Promise<unknown> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof RefusedAtClient)) throw error
    return answerClient(parts, ctx, error.address, { error: error.error, error_description: error.message })
  }
}

async function proceed(parts: Parts, ctx: BaseContext, running: Running): Promise<unknown> {
  const { request } = running
  const client = await clientOf(parts, request)
  const person = await currentPerson(parts, ctx)
  const reason = await reasonToSignIn(parts, running, person)
  if (reason !== undefined || person === undefined)
    return await askToSignIn(parts, ctx, { running, client, reason: reason ?? "nobody" })
  if (!(await needsConsent(parts, client, person, request))) return await giveCode(parts, ctx, request, person)
  if (request.prompt.includes("none"))
    throw new RefusedAtClient("consent_required", "The person has not allowed this yet.", request)
  return await askConsent(parts, ctx, { running, client, person })
}

/** The client may have been taken away since it asked, or its address. */
async function clientOf(parts: Parts, request: AuthorizationRequest): Promise<KnownClient> {
  const client = await parts.clients.get(request.clientId)
  if (client === undefined) throw new Refusal("invalid_request", "No client has this id.")
  return client
}

export async function currentPerson(parts: Parts, ctx: BaseContext): Promise<Person | undefined> {
  const person = await parts.people.current(ctx)
  return person !== undefined && person.id !== "" && person.id.length <= 255 ? person : undefined
}

async function reasonToSignIn(
  parts: Parts,
  { request, startedMs, asked }: Running,
  person: Person | undefined,
): Promise<SignInRequest["reason"] | undefined> {
  if (person === undefined) return "nobody"
  const { prompt, maxAgeSeconds, claims, acrValues } = request
  // Sessions that count in seconds say the one in which it was.
  const isWhole = person.authTimeMs % 1000 === 0
  const isFresh = person.authTimeMs >= (isWhole ? Math.floor(startedMs / 1000) * 1000 : startedMs)
  if (prompt.includes("login") && !isFresh) return "again"
  if (maxAgeSeconds !== null && !isFresh && parts.now() - person.authTimeMs > maxAgeSeconds * 1000) return "old"
  if (prompt.includes("select_account") && asked === 0 && !isFresh) return "other"
  const wanted = [claims.sub, await hintedPerson(parts, request)].filter((sub) => sub !== null)
  if (wanted.some((sub) => sub !== person.id)) return "other"
  if (claims.acr.length > 0 && !claims.acr.includes(person.acr ?? "")) return "weak"
  const canBetter = acrValues.some((value) => parts.settings.acrValues.includes(value))
  if (canBetter && asked === 0 && !acrValues.includes(person.acr ?? "")) return "weak"
  return undefined
}

/** Who an ID token of ours is of, however old it is. @throws {OAUTH_REFUSED} */
async function hintedPerson(parts: Parts, request: AuthorizationRequest): Promise<string | null> {
  if (request.idTokenHint === null) return null
  const claims = await readIdTokenHint(parts, request.idTokenHint)
  if (claims === undefined || claims.clientId !== request.clientId)
    throw new RefusedAtClient("invalid_request", "The id_token_hint is no ID token of this client's.", request)
  return claims.sub
}

export async function readIdTokenHint(
  parts: Parts,
  token: string,
): Promise<{ readonly sub: string; readonly clientId: string; readonly sid: string | undefined } | undefined> {
  try {
    const { payload, protectedHeader } = await compactVerify(token, parts.keys.verify, {
      algorithms: [...parts.settings.keys.algorithms],
    })
    const claims = JSON.parse(new TextDecoder().decode(payload)) as Readonly<Record<string, unknown>>
    const { iss, sub, aud, sid } = claims
    const isOurs = protectedHeader.typ === "JWT" && iss === parts.settings.issuer && typeof sub === "string"
    if (!isOurs || typeof aud !== "string") return undefined
    return { sub, clientId: aud, sid: typeof sid === "string" ? sid : undefined }
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof SyntaxError || error instanceof TypeError)
      return undefined
    throw error
  }
}

async function askToSignIn(
  parts: Parts,
  ctx: BaseContext,
  asking: { readonly running: Running; readonly client: KnownClient; readonly reason: SignInRequest["reason"] },
): Promise<unknown> {
  const { running, client, reason } = asking
  const { request } = running
  const isNone = request.prompt.includes("none")
  if (reason === "weak" && (isNone || running.asked > 0)) {
    const error = request.claims.acr.length > 0 && !isNone ? "unmet_authentication_requirements" : "login_required"
    throw new RefusedAtClient(error, "The person is not signed in as strongly as it takes.", request)
  }
  if (isNone || running.asked >= MAX_ASKED)
    throw new RefusedAtClient("login_required", "The person is not signed in, or not as it takes.", request)
  return await parts.people.signIn(ctx, {
    returnTo: await returnTo(parts, { ...running, asked: running.asked + 1 }),
    reason,
    clientName: client.name,
    clientAddress: request.redirectUri,
    ...(request.loginHint !== null && { loginHint: request.loginHint }),
    acrValues: request.claims.acr.length > 0 ? request.claims.acr : request.acrValues,
    ...(request.uiLocales !== null && { uiLocales: request.uiLocales }),
  })
}

async function returnTo(parts: Parts, running: Running): Promise<string> {
  const { settings, transactions } = parts
  const sealed = await transactions.seal("authorize", running, settings.lifetimes.interactionSeconds)
  return `${settings.prefix}/oauth/authorize?transaction=${sealed}`
}

async function needsConsent(
  parts: Parts,
  client: KnownClient,
  person: Person,
  { prompt, scopes, resources, redirectUri }: AuthorizationRequest,
): Promise<boolean> {
  if (prompt.includes("consent")) return true
  // Any program on a person's machine can say that it is this client (RFC 8252, section 8.6).
  if (client.authMethod === "none" && !redirectUri.startsWith("https:")) return true
  if (client.firstParty) return false
  const known = (await parts.applications.of(person.id)).get(client.id)
  const covers = (allowed: readonly string[], asked: readonly string[]) => asked.every((one) => allowed.includes(one))
  return known === undefined || !covers(known.scopes, scopes) || !covers(known.resources, resources)
}

async function askConsent(
  parts: Parts,
  ctx: BaseContext,
  asking: { readonly running: Running; readonly client: KnownClient; readonly person: Person },
): Promise<unknown> {
  const { running, client, person } = asking
  const { settings, transactions, pages } = parts
  const { request } = running
  const data: ConsentAsked = { ...running, sub: person.id, browser: browserOf(ctx, settings) }
  const page = pages.consent({
    form: {
      action: settings.endpoints.consent,
      fields: { transaction: await transactions.seal("consent", data, settings.lifetimes.interactionSeconds) },
    },
    clientName: client.name,
    goesTo: placeOf(request.redirectUri),
    scopes: parts.describeScopes(request.scopes),
    resources: request.resources,
    personName: await parts.nameOf(person),
    userCode: undefined,
  })
  return pageAnswer(ctx, page, { formTo: request.redirectUri })
}

async function giveCode(
  parts: Parts,
  ctx: BaseContext,
  request: AuthorizationRequest,
  person: Person,
): Promise<unknown> {
  const { grants, settings } = parts
  const untilMs = parts.now() + settings.lifetimes.codeSeconds * 1000
  const [code, grantId] = [randomToken(), randomToken()]
  // Both are there before the code is: whoever uses it twice finds a grant to end.
  await grants.grants.add(grantId, grantOf(person, request, parts.now()), untilMs)
  const { clientId, redirectUri, challenge, jkt } = request
  await parts.applications.note(person.id, clientId, { id: grantId, nowMs: parts.now() })
  await grants.codes.add(hashOf(code), { grantId, clientId, redirectUri, challenge, jkt, used: false }, untilMs)
  return answerClient(parts, ctx, request, { code })
}
