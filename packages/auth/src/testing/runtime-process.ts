/** Signs in and out, shows keys and tokens, on whatever runtime this is, through a server: over each URL that it is given. */
import assert from "node:assert/strict"
import { openRateLimits } from "@ashlar/cache/rate-limits"
import { createApp } from "@ashlar/http"
import {
  anyOf,
  apiKeyGuard,
  createJwtKeys,
  createJwtSigner,
  createJwtVerifier,
  createTries,
  generateJwtKey,
  jwtGuard,
  openApiKeys,
  openSessions,
  sessionGuard,
} from "../index.ts"

const urls = JSON.parse(process.argv[2] ?? "[]") as string[]
const [issuer, audience] = ["https://id.test", "https://api.test"]

for (const url of urls) {
  const sessions = openSessions(url, { name: "runtime_sessions" })
  const apiKeys = openApiKeys(url, { name: "runtime_keys", prefix: "run" })
  const keys = createJwtKeys([await generateJwtKey("ES256"), await generateJwtKey("EdDSA")])
  const signer = createJwtSigner({ keys, issuer, audience })
  const limits = openRateLimits("memory:")
  const tries = createTries({ limits, deviceKeys: ["a key of at least 32 bytes for the cookie"] })
  const userId = `user-${crypto.randomUUID()}`
  const signedIn = sessionGuard({ sessions })
  const caller = anyOf(
    signedIn,
    jwtGuard({ verifier: createJwtVerifier({ keys, issuer, audience }) }),
    apiKeyGuard({ keys: apiKeys }),
  )
  const app = createApp()
  app.post("/login", async (ctx) => {
    const attempt = await tries.take(ctx, userId)
    await attempt.succeeded()
    await signedIn.signIn(ctx, { userId, amr: ["pwd"] })
    return null
  })
  app.post("/rotate", { layers: [signedIn] }, async (ctx) => {
    await signedIn.rotate(ctx, { roles: ["admin"] })
    return null
  })
  app.get("/me", { layers: [caller] }, (ctx) => ({ id: ctx.principal.id, by: ctx.principal.method }))
  const server = await app.listen({ port: 0, host: "127.0.0.1" })
  const cookieOf = (response: Response): string =>
    response.headers
      .getSetCookie()
      .find((line) => line.startsWith("__Host-session="))!
      .split(";")[0]!
  const ask = (path: string, headers: Record<string, string>, method = "GET"): Promise<Response> =>
    fetch(`${server.url}${path}`, { method, headers })
  const me = async (headers: Record<string, string>): Promise<unknown> => {
    const response = await ask("/me", headers)
    const body: unknown = await response.json()
    return response.ok ? body : response.status
  }

  const first = cookieOf(await ask("/login", {}, "POST"))
  assert.deepEqual(await me({ cookie: first }), { id: userId, by: "session" }, url)
  const next = cookieOf(await ask("/rotate", { cookie: first }, "POST"))
  assert.deepEqual([await me({ cookie: first }), await me({ cookie: next })], [401, { id: userId, by: "session" }], url)
  assert.equal(await sessions.revokeAll(userId), 1, url)
  assert.equal(await me({ cookie: next }), 401, url)

  const { text, key } = await apiKeys.create({ owner: userId, name: "run", scopes: ["a"] })
  const rotated = await apiKeys.rotate(userId, key.id)
  assert.deepEqual(await me({ authorization: `Bearer ${rotated!.text}` }), { id: userId, by: "key" }, url)
  assert.equal(await me({ authorization: `Bearer ${text}` }), 401, url)

  const token = await signer.sign({ sub: userId })
  assert.deepEqual(await me({ authorization: `Bearer ${token}` }), { id: userId, by: "jwt" }, url)
  assert.equal(await me({ authorization: `Bearer ${token.slice(0, -8)}AAAAAAAA` }), 401, url)
  await app.stop(0)
  await Promise.all([sessions.close(), apiKeys.close(), limits.close()])
}
console.log("all is well")
process.exit(0)
