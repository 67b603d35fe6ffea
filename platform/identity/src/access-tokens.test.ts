import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { createHmac } from "node:crypto"
import { createLocalJWKSet, exportSPKI, generateKeyPair, jwtVerify, UnsecuredJWT } from "jose"
import type { Session } from "./sessions.ts"
import { codeOf, failureOf, type Install, openInstall, setUp } from "./testing/install.ts"

const ISSUER = "http://localhost:4000"
let install: Install
let session: Session

beforeAll(async () => {
  install = await openInstall()
  session = await setUp(install)
})
afterAll(() => install.close())

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url")
}

function decode(token: string): { header: Record<string, unknown>; payload: Record<string, unknown> } {
  const parts = token.split(".").slice(0, 2)
  const [header, payload] = parts.map((text) => JSON.parse(Buffer.from(text, "base64url").toString()))
  return { header, payload }
}

async function reasonOf(token: string): Promise<unknown> {
  const failure = await failureOf(() => install.identity.authenticate(token))
  expect(failure).toMatchObject({ code: "IDENTITY_TOKEN_REFUSED", status: 401 })
  if (token) expect(JSON.stringify(failure)).not.toContain(token)
  return failure?.details?.reason
}

test("an access token says who, for whom, by whom and for five minutes, and nothing else", () => {
  const { header, payload } = decode(session.accessToken)
  const kid = install.identity.jwks().keys[0]!.kid
  const seconds = install.clock.now() / 1000
  expect(header).toEqual({ alg: "EdDSA", typ: "at+jwt", kid })
  expect(payload).toEqual({
    ...{ iss: ISSUER, aud: "ashlar", sub: session.user.id, sid: session.sessionId },
    ...{ iat: seconds, exp: seconds + 300 },
  })
  expect(session.accessTokenExpiresAt).toBe(new Date((seconds + 300) * 1000).toISOString())
})

test("anyone can check it with the published keys, which hold nothing private", async () => {
  const jwks = install.identity.jwks()
  const options = { issuer: ISSUER, audience: "ashlar", currentDate: new Date(install.clock.now()) }
  const { payload } = await jwtVerify(session.accessToken, createLocalJWKSet(jwks), options)
  expect(payload.sub).toBe(session.user.id)
  expect(Object.keys(jwks.keys[0]!).toSorted()).toEqual(["alg", "crv", "kid", "kty", "use", "x"])
})

test("it works for its five minutes and not a second longer", async () => {
  const own = await openInstall()
  const { accessToken } = await setUp(own)
  own.clock.advance(299_999)
  expect(await codeOf(() => own.identity.authenticate(accessToken))).toBe("none")
  own.clock.advance(1)
  const failure = await failureOf(() => own.identity.authenticate(accessToken))
  expect(failure).toMatchObject({ code: "IDENTITY_TOKEN_REFUSED", details: { reason: "expired" } })
  await own.close()
})

describe("is refused:", () => {
  const rows: [name: string, forge: () => string | Promise<string>][] = [
    ["nothing", () => ""],
    ["no token", () => "x.y.z"],
    ["a huge text", () => `${session.accessToken}${"A".repeat(1_000_000)}`],
    ["a refresh token", () => session.refreshToken],
    ["no algorithm, no signature", () => unsigned({ alg: "none" })],
    ["no algorithm, the old signature", () => unsigned({ alg: "none" }) + session.accessToken.split(".")[2]],
    ["`none` in other cases", () => unsigned({ alg: "nOnE" })],
    ["an unsecured token by a library", () => new UnsecuredJWT(decode(session.accessToken).payload).encode()],
    ["HS256 with the public key as the secret (x)", () => hmacSigned(install.identity.jwks().keys[0]!.x)],
    [
      "HS256 with the public key as the secret (JWK)",
      () => hmacSigned(JSON.stringify(install.identity.jwks().keys[0])),
    ],
    ["HS256 with the public key as the secret (PEM)", async () => hmacSigned(await publicPem())],
    ["another key under our kid", () => foreign({})],
    ["another key under a kid of its own", () => foreign({ header: { kid: "other" } })],
    ["another key without a kid", () => foreign({ header: { kid: undefined } })],
    ["another key that comes along in the header", () => foreign({ embed: true })],
    ["our kid as a path", () => foreign({ header: { kid: "../../root.key" } })],
    ["a changed payload under the old signature", () => changed({ sub: "someone else" })],
    ["a longer life under the old signature", () => changed({ exp: 9_999_999_999 })],
    ["a cut signature", () => session.accessToken.slice(0, -4)],
    ["an unknown critical header", () => ours({ header: { crit: ["b64"], b64: false } })],
    ["our key, the algorithm under its other name", () => ours({ header: { alg: "Ed25519" } })],
    ["our key, another kind of token", () => ours({ header: { typ: "JWT" } })],
    ["our key, another issuer", () => ours({ payload: { iss: "http://evil.example" } })],
    ["our key, another audience", () => ours({ payload: { aud: "project" } })],
    ["our key, no subject", () => ours({ payload: { sub: undefined } })],
    ["our key, no session", () => ours({ payload: { sid: undefined } })],
    ["our key, a session that is no text", () => ours({ payload: { sid: { $ne: "" } } })],
    ["our key, no end", () => ours({ payload: { exp: undefined } })],
  ]
  test.each(rows)("%s", async (_name, forge) => {
    expect(await reasonOf(await forge())).toBe("invalid")
  })

  test("but the forgery that changes nothing passes, so the rows above fail for their own reason", async () => {
    expect(await codeOf(async () => install.identity.authenticate(await ours({})))).toBe("none")
  })

  test("our key, another person's session", async () => {
    const other = await install.identity.signUp({
      ...{ name: "Bob", email: "bob@example.org", password: "another long password", client: { address: "::1" } },
    })
    const mixed = await ours({ payload: { sid: other.sessionId } })
    expect(await codeOf(() => install.identity.authenticate(mixed))).toBe("IDENTITY_SESSION_ENDED")
  })
})

describe("a new signing key", () => {
  test("signs from now on, while the old one verifies until its last token is over, across a restart", async () => {
    const own = await openInstall()
    const before = await setUp(own)
    await own.identity.rotateSigningKey()
    const after = await own.identity.refresh({ refreshToken: before.refreshToken, client: { address: "::1" } })
    expect(decode(after.accessToken).header.kid).not.toBe(decode(before.accessToken).header.kid)
    await own.restart()
    expect(own.identity.jwks().keys).toHaveLength(2)
    for (const { accessToken } of [before, after]) await own.identity.authenticate(accessToken)
    own.clock.advance(299_999)
    await own.identity.authenticate(before.accessToken)
    own.clock.advance(1)
    expect(own.identity.jwks().keys.map(({ kid }) => kid)).toEqual([decode(after.accessToken).header.kid as string])
    expect(await codeOf(() => own.identity.authenticate(before.accessToken))).toBe("IDENTITY_TOKEN_REFUSED")
    await own.identity.rotateSigningKey()
    expect(own.file.all("SELECT kid FROM identity_signing_keys")).toHaveLength(2)
    await own.close()
  })

  test("makes the old one worthless after the overlap, also to whoever has stolen it", async () => {
    const own = await openInstall()
    const signedIn = await setUp(own)
    const stolen = await takeSigningKey(own)
    const forged = await sign(stolen, { payload: { exp: 9_999_999_999 } }, signedIn)
    await own.identity.rotateSigningKey()
    own.clock.advance(299_999)
    expect(await codeOf(() => own.identity.authenticate(forged))).toBe("none")
    own.clock.advance(1)
    expect(await codeOf(() => own.identity.authenticate(forged))).toBe("IDENTITY_TOKEN_REFUSED")
    await own.close()
  })

  test("is not added in the place of a key that does not sign any more", async () => {
    const key = { kid: "k", sealedPrivateKey: new Uint8Array(1), publicX: "x", nowMs: 0, overlapUntilMs: 9e15 }
    for (const replaces of [null, "another"]) {
      expect(await install.file.call<boolean>("identity.addSigningKey", { ...key, replaces })).toBe(false)
    }
    expect(install.file.all("SELECT kid FROM identity_signing_keys")).toHaveLength(1)
  })

  test("comes by itself after 30 days, once for all who sign in at that moment", async () => {
    const own = await openInstall()
    const first = await setUp(own)
    own.clock.advance(30 * 24 * 3_600_000 - 1)
    const still = await own.identity.refresh({ refreshToken: first.refreshToken, client: { address: "::1" } })
    expect(decode(still.accessToken).header.kid).toBe(decode(first.accessToken).header.kid as string)
    own.clock.advance(1)
    const { email } = first.user
    const signIn = { email, password: "cut stone without mortar", client: { address: "::1" } }
    const all = await Promise.all(Array.from({ length: 5 }, () => own.identity.signIn(signIn)))
    expect(new Set(all.map(({ accessToken }) => decode(accessToken).header.kid)).size).toBe(1)
    expect(decode(all[0]!.accessToken).header.kid).not.toBe(decode(first.accessToken).header.kid)
    expect(own.file.all("SELECT kid FROM identity_signing_keys")).toHaveLength(2)
    await own.close()
  })
})

function unsigned(header: object): string {
  return `${part({ ...decode(session.accessToken).header, ...header })}.${session.accessToken.split(".")[1]}.`
}

function hmacSigned(secret: string): string {
  const input = `${part({ ...decode(session.accessToken).header, alg: "HS256" })}.${session.accessToken.split(".")[1]}`
  return `${input}.${createHmac("sha256", secret).update(input).digest("base64url")}`
}

async function publicPem(): Promise<string> {
  const { x } = install.identity.jwks().keys[0]!
  const jwk = { kty: "OKP", crv: "Ed25519", x }
  return await exportSPKI(await crypto.subtle.importKey("jwk", jwk, "Ed25519", true, ["verify"]))
}

function changed(claims: object): string {
  const [header, , signature] = session.accessToken.split(".")
  return `${header}.${part({ ...decode(session.accessToken).payload, ...claims })}.${signature}`
}

interface Forgery {
  readonly header?: Record<string, unknown>
  readonly payload?: Record<string, unknown>
}

/** Written out, as no library signs what it finds wrong. */
async function sign(key: CryptoKey, { header, payload }: Forgery, from: Session = session): Promise<string> {
  const original = decode(from.accessToken)
  const input = `${part({ ...original.header, ...header })}.${part({ ...original.payload, ...payload })}`
  const signature = await crypto.subtle.sign("Ed25519", key, Buffer.from(input))
  return `${input}.${Buffer.from(signature).toString("base64url")}`
}

/** Signed by a key that is not ours. */
async function foreign({ embed = false, ...forgery }: Forgery & { embed?: boolean }): Promise<string> {
  const { privateKey, publicKey } = await generateKeyPair("EdDSA", { extractable: true })
  const jwk = embed ? { jwk: await crypto.subtle.exportKey("jwk", publicKey) } : {}
  return await sign(privateKey, { ...forgery, header: { ...jwk, ...forgery.header } })
}

/** Signed by our own key, taken out of the database with the root key: only what the token says is wrong. */
async function ours(forgery: Forgery): Promise<string> {
  return await sign(await takeSigningKey(install), forgery)
}

async function takeSigningKey({ file, sealer }: Install): Promise<CryptoKey> {
  const row = file.get<{ kid: string; sealed_private_key: Uint8Array }>("SELECT * FROM identity_signing_keys")!
  const pkcs8 = sealer.open(row.sealed_private_key, `identity/signing-key/${row.kid}`)
  return await crypto.subtle.importKey("pkcs8", new Uint8Array(pkcs8), "Ed25519", false, ["sign"])
}
