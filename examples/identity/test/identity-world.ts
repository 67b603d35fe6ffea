import { createHmac, randomBytes } from "node:crypto"
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Provider } from "@ashlar/oauth/client"
import type { OAuthServer } from "@ashlar/oauth/server"
import type { SafeFetch } from "@ashlar/security"
import { type Browser, chromium } from "playwright-core"
import { createIdentityApp } from "../src/app.ts"

/** The example as tests run it, and what they need beside. */

const executablePath = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium"
/** Whether tests in a browser are to be skipped, which says so. In CI never. */
export function lacksBrowser(what: string): boolean {
  const lacks = !existsSync(executablePath) && process.env.CI !== "true"
  if (lacks) console.log(`skipped: ${what}: no browser at ${executablePath}; install chromium`)
  return lacks
}
const args = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
]

export const openBrowser = (): Promise<Browser> => chromium.launch({ executablePath, args, headless: true })

export const CLIENT = {
  id: "shop",
  secret: "a-secret-of-32-random-characters!",
  redirect: "http://127.0.0.1:9/callback",
}
export const PASSWORD = "correct horse battery"

/** What an authenticator app shows. */
export function appCode(secret: string, steps = 0): string {
  const bits = [...secret].map((sign) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(sign).toString(2).padStart(5, "0"))
  const key = Buffer.from(
    bits
      .join("")
      .match(/.{8}/g)!
      .map((byte) => Number.parseInt(byte, 2)),
  )
  const step = Buffer.alloc(8)
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps))
  const mac = createHmac("sha1", key).update(step).digest()
  return String((mac.readUInt32BE(mac.at(-1)! & 15) & 0x7fffffff) % 1_000_000).padStart(6, "0")
}

/** A port that is free: it is part of the issuer, so it is found first. */
export async function freeOrigin(): Promise<string> {
  const probe = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response() })
  const port = probe.port!
  await probe.stop(true)
  return `http://127.0.0.1:${port}`
}

interface World {
  readonly origin?: string
  readonly providers?: readonly Provider[]
  readonly practice?: OAuthServer
  readonly fetch?: SafeFetch
  readonly trustedProxies?: readonly string[]
}
export type Identity = Awaited<ReturnType<typeof startIdentity>>

export async function startIdentity({ origin, ...options }: World = {}) {
  const folder = mkdtempSync(join(tmpdir(), "ashlar-identity-"))
  const at = origin ?? (await freeOrigin())
  const made = await createIdentityApp({
    origin: at,
    database: `sqlite:${join(folder, "identity.db")}`,
    secret: new Uint8Array(randomBytes(32)),
    clients: [{ id: CLIENT.id, name: "The Shop", secret: CLIENT.secret, redirectUris: [CLIENT.redirect] }],
    ...options,
  })
  const server = await made.app.listen({ port: Number(new URL(at).port), host: "127.0.0.1" })
  const send = (path: string, form?: Record<string, string>, headers: Record<string, string> = {}) =>
    fetch(`${at}${path}`, {
      redirect: "manual",
      headers,
      ...(form && { method: "POST", body: new URLSearchParams(form) }),
    })
  return {
    ...made,
    origin: at,
    database: join(folder, "identity.db"),
    send,
    /** Somebody with an account and a password. */
    async person(email: string, more: { readonly name?: string; readonly is_verified?: number } = {}) {
      const hash = await made.parts.accounts.passwords.hash(PASSWORD)
      return await made.parts.people.create({ email, is_verified: 1, password_hash: hash, ...more })
    },
    /** The cookie of a new session, or of half a sign-in, by the form. */
    async signIn(username: string, headers: Record<string, string> = {}): Promise<string> {
      const answer = await send("/sign-in", { username, password: PASSWORD }, headers)
      const given = answer.headers.getSetCookie().filter((line) => /^(?:session|second-step)=[^;]/.test(line))
      return given[0]!.split(";")[0]!
    },
    async stop() {
      await server.stop(0)
      await made.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
