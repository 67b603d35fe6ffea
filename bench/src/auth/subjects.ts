import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import {
  apiKeyGuard,
  createJwtKeys,
  createJwtSigner,
  createJwtVerifier,
  generateJwtKey,
  jwtGuard,
  openApiKeys,
  openSessions,
  sessionGuard,
} from "@ashlar/auth"
import { openRateLimits } from "@ashlar/cache/rate-limits"
import { type AnyLayer, createApp } from "@ashlar/http"
import { rateLimit } from "@ashlar/security"
import { importJWK, jwtVerify } from "jose"
import type { Cases, Operation } from "../measure-cases.ts"

/** By case, then by subject. `raw` of a request is the same without a guard, and of a token `jose` alone. */
export interface AuthSubjects {
  readonly cases: Cases
  close(): Promise<void>
}

const [ISSUER, AUDIENCE] = ["https://id.test", "https://api.test"]

export async function openAuthSubjects(): Promise<AuthSubjects> {
  const folder = mkdtempSync(join(tmpdir(), "ashlar-bench-"))
  const [memory, sqlite] = [openSessions("memory:"), openSessions(`sqlite:${join(folder, "sessions.db")}`)]
  const keys = openApiKeys("memory:", { prefix: "bench" })
  const limits = openRateLimits("memory:")
  const window = limits.slidingWindow("window", { limit: 1_000_000_000, window: "1m" })
  const policies = [{ name: "all", limit: 1_000_000_000, window: "1m" }] as const
  const cookieOf = async (sessions: typeof memory) => {
    // So many that it is looked for among others.
    for (let at = 0; at < 2_000; at++) await sessions.create({ userId: `user-${at}`, roles: ["user"], amr: ["pwd"] })
    return { cookie: `__Host-session=${(await sessions.create({ userId: "ana", roles: ["user"] })).token}` }
  }
  const { text } = await keys.create({ owner: "ana", name: "bench", scopes: ["a"] })
  const tokens = await Promise.all((["EdDSA", "ES256", "RS256", "HS256"] as const).map(tokenCase))
  const [first] = tokens
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
  const plain = requestTo([], {})
  return {
    cases: {
      "session memory": { ashlar: requestTo([sessionGuard({ sessions: memory })], await cookieOf(memory)), raw: plain },
      "session SQLite": { ashlar: requestTo([sessionGuard({ sessions: sqlite })], await cookieOf(sqlite)), raw: plain },
      "API key memory": { ashlar: requestTo([apiKeyGuard({ keys })], bearer(text)), raw: plain },
      "JWT EdDSA": { ashlar: requestTo([jwtGuard({ verifier: first!.verifier })], bearer(first!.token)), raw: plain },
      ...Object.fromEntries(tokens.map(({ name, operations }) => [name, operations])),
      "rate limit": { ashlar: () => window.take("ana") },
      "rate limit layer": { ashlar: requestTo([rateLimit({ limits, policies })], {}), raw: plain },
    },
    async close() {
      await Promise.all([memory.close(), sqlite.close(), keys.close(), limits.close()])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function requestTo(layers: readonly AnyLayer[], headers: Readonly<Record<string, string>>): Operation {
  const app = createApp()
  app.get("/me", { layers: layers as readonly [] }, () => "in")
  return async () => {
    const response = await app.fetch(new Request("https://api.test/me", { headers }))
    if (response.status !== 200) throw new Error(`It was answered with ${response.status}.`)
    return response
  }
}

async function tokenCase(alg: "EdDSA" | "ES256" | "RS256" | "HS256") {
  const made = await generateJwtKey(alg, "bench")
  const keys = createJwtKeys([made])
  const signer = createJwtSigner({ keys, issuer: ISSUER, audience: AUDIENCE, ttl: "1d" })
  const token = await signer.sign({ sub: "ana", scope: "books:read books:write", amr: ["pwd"] })
  const verifier = createJwtVerifier({ keys, issuer: ISSUER, audience: AUDIENCE, type: "at+jwt" })
  const [shown = made.jwk] = keys.jwks().keys
  const key = await importJWK(shown, alg)
  const checks = {
    algorithms: [alg],
    issuer: ISSUER,
    audience: AUDIENCE,
    typ: "at+jwt",
    requiredClaims: ["exp", "sub"],
  }
  const operations = { ashlar: () => verifier.verify(token), raw: () => jwtVerify(token, key, checks) }
  return { name: `verify ${alg}`, token, verifier, operations }
}
