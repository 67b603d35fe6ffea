import type { BaseContext } from "@ashlar/http"
import type { Parts } from "../parts.ts"
import { hashOf, type Kept, Records, randomToken } from "../store/records.ts"
import { Refusal } from "../wire/refusal.ts"
import type { KnownClient } from "./client.ts"
import { isSecretOf } from "./client-auth.ts"
import { describeClient, methodOf, toClient } from "./client-metadata.ts"
import { isInitialAccess, takeInitialAccess } from "./initial-access.ts"

/** Until it is taken away. */
const KEEP_MS = 100 * 365 * 86_400_000

/** `POST /oauth/register`. @see https://www.rfc-editor.org/rfc/rfc7591#section-3 */
export async function register(parts: Parts, ctx: BaseContext): Promise<unknown> {
  const initial = bearerOf(ctx)
  if (!(await isInitialAccess(parts, initial))) throw badToken()
  const said = await metadataOf(ctx)
  const [id, token] = [randomToken(), randomToken()]
  const method = methodOf(said)
  const secret = usesSecret(method) ? randomToken() : undefined
  const client = toClient(parts.settings, { id, secret, method, said })
  // What is wrong uses nothing up; of all who register at once, as many may as were meant to.
  if (!(await takeInitialAccess(parts, initial))) throw badToken()
  const registered = { ...client, registration: { tokenHash: hashOf(token), atMs: parts.now() } }
  await recordsOf(parts).add(id, registered, parts.now() + KEEP_MS)
  return answer(parts, ctx, registered, { status: 201, token, secret })
}

/** `GET`, `PUT` and `DELETE /oauth/register/:id`. @see https://www.rfc-editor.org/rfc/rfc7592 */
export async function changeRegistration(parts: Parts, ctx: BaseContext): Promise<unknown> {
  const token = bearerOf(ctx)
  const records = recordsOf(parts)
  const kept = await records.get(ctx.params.id ?? "")
  const hash = kept?.value.registration?.tokenHash
  // The same for one that is not there: nobody can try which are.
  if (!isSecretOf(token, hash === undefined ? [] : [hash]) || kept === undefined) throw badToken()
  if (ctx.method === "DELETE") {
    await records.remove(kept.id)
    return ctx.empty(204).withHeaders({ "cache-control": "no-store" })
  }
  if (ctx.method !== "PUT") return answer(parts, ctx, kept.value, { status: 200, token, secret: undefined })
  return await replace(parts, ctx, kept, token)
}

async function replace(parts: Parts, ctx: BaseContext, kept: Kept<KnownClient>, token: string): Promise<unknown> {
  const said = await metadataOf(ctx)
  const { id, value } = kept
  if (said.client_id !== id) throw new Refusal("invalid_client_metadata", "Expected the client_id that is registered.")
  const given = said.client_secret
  if (given !== undefined && !(typeof given === "string" && isSecretOf(given, value.secretHashes)))
    throw new Refusal("invalid_client_metadata", "Expected the client_secret that is registered.")
  const method = methodOf(said)
  const keepsSecret = usesSecret(method) && value.secretHashes.length > 0
  // One that had none gets one now.
  const secret = usesSecret(method) ? randomToken() : undefined
  const client = toClient(parts.settings, { id, secret, method, said })
  const next: KnownClient = {
    ...client,
    ...(keepsSecret && { secretHashes: value.secretHashes }),
    ...(value.registration !== undefined && { registration: value.registration }),
  }
  if (!(await recordsOf(parts).change(kept, next, parts.now() + KEEP_MS)))
    throw new Refusal("temporarily_unavailable", "Somebody changed it at the same time. Ask again.", { status: 503 })
  return answer(parts, ctx, next, { status: 200, token, secret: keepsSecret ? undefined : secret })
}

function answer(
  { settings }: Parts,
  ctx: BaseContext,
  client: KnownClient,
  { status, token, secret }: { readonly status: number; readonly token: string; readonly secret: string | undefined },
): unknown {
  const body = {
    ...describeClient(client),
    ...(secret !== undefined && { client_secret: secret, client_secret_expires_at: 0 }),
    registration_access_token: token,
    registration_client_uri: `${settings.endpoints.register}/${client.id}`,
  }
  return ctx.json<number>(body, status).withHeaders({ "cache-control": "no-store" })
}

const usesSecret = (method: string): boolean => method === "client_secret_basic" || method === "client_secret_post"
const recordsOf = ({ store }: Parts): Records<KnownClient> => new Records(store, "client")

async function metadataOf(ctx: BaseContext): Promise<Readonly<Record<string, unknown>>> {
  const type = ctx.headers.get("content-type")?.split(";", 1)[0]?.trim().toLowerCase()
  const body = type === "application/json" ? await ctx.read("json") : undefined
  if (typeof body === "object" && body !== null && !Array.isArray(body))
    return body as Readonly<Record<string, unknown>>
  throw new Refusal("invalid_client_metadata", "Expected a JSON object, of application/json.")
}

function bearerOf(ctx: BaseContext): string {
  const match = /^bearer +([\w-]{43})$/i.exec(ctx.headers.get("authorization") ?? "")
  if (match === null) throw badToken()
  return match[1]!
}
function badToken(): Refusal {
  return new Refusal("invalid_token", "The token is over, was used, or is not of this client.", {
    status: 401,
    headers: { "www-authenticate": 'Bearer error="invalid_token"' },
  })
}
