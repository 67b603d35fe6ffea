import { beforeAll, describe, expect, test } from "bun:test"
import { createPrivateKey, createPublicKey } from "node:crypto"
import { type AshlarError, manualClock } from "@ashlar/core"
import fc from "fast-check"
import {
  createJwtKeys,
  createJwtSigner,
  createJwtVerifier,
  generateJwtKey,
  type JwtAlgorithm,
  type JwtKey,
  type JwtVerifierOptions,
  type SignClaims,
} from "../index.ts"
import { parseStrictObject } from "./strict-json.ts"
import { type Forgery, forge, hmac, rsa } from "./testing-forge.ts"

const ISSUER = "https://id.test"
const AUDIENCE = "https://api.test"
const clock = manualClock()
const NOW = clock.now() / 1_000
const SECRET = "a secret of at least 32 bytes, for tests"
const hsKey: JwtKey = { kid: "hs", alg: "HS256", jwk: { kty: "oct", k: Buffer.from(SECRET).toString("base64url") } }
const good = { iss: ISSUER, aud: AUDIENCE, sub: "ana", exp: NOW + 60, iat: NOW }
let rsKey: JwtKey
let rsPrivate: string
let rsPublic: string

beforeAll(async () => {
  rsKey = await generateJwtKey("RS256", "rs")
  const key = createPrivateKey({ key: rsKey.jwk as never, format: "jwk" })
  rsPrivate = key.export({ type: "pkcs8", format: "pem" }) as string
  rsPublic = createPublicKey(key).export({ type: "spki", format: "pem" }) as string
})

const hs = (payload: Forgery["payload"], header: Forgery["header"] = { alg: "HS256", kid: "hs" }): string =>
  forge({ header, payload, sign: hmac(SECRET) })
const verifierOf = (keys: readonly JwtKey[], options: Partial<JwtVerifierOptions> = {}) =>
  createJwtVerifier({ keys: createJwtKeys(keys, { clock }), issuer: ISSUER, audience: AUDIENCE, clock, ...options })
/** `in`, or the code of the refusal. */
const tryOne = async (token: string, keys: readonly JwtKey[] = [hsKey], options: Partial<JwtVerifierOptions> = {}) =>
  await verifierOf(keys, options)
    .verify(token)
    .then(
      () => "in",
      (error: AshlarError) => error.code,
    )

describe("a token", () => {
  test.each<JwtAlgorithm>(["EdDSA", "Ed25519", "ES256", "ES384", "ES512", "PS256", "PS512", "RS256", "HS256", "HS512"])(
    "signed with %s is verified, and says what was said",
    async (alg) => {
      const keys = createJwtKeys([await generateJwtKey(alg)])
      const signer = createJwtSigner({ keys, issuer: ISSUER, audience: [AUDIENCE, "other"] })
      const token = await signer.sign({ sub: "ana", scope: "a b" })
      const claims = await createJwtVerifier({ keys, issuer: ISSUER, audience: AUDIENCE, type: "at+jwt" }).verify(token)
      expect(claims).toMatchObject({ iss: ISSUER, sub: "ana", scope: "a b", aud: [AUDIENCE, "other"] })
      expect([claims.exp - claims.iat!, typeof claims.jti]).toEqual([300, "string"])
    },
  )
  test("is refused in one way, whatever is wrong with it; the reason is for the log", async () => {
    const verifier = verifierOf([hsKey])
    const errors = await Promise.all(
      ["x", hs({ ...good, exp: 1 }), hs({ ...good, aud: "other" }), `${hs(good)}AA`].map((token) =>
        verifier.verify(token).catch((error: AshlarError) => error as AshlarError),
      ),
    )
    expect(new Set(errors.map((error) => JSON.stringify(error))).size).toBe(1)
    expect(errors.every((error) => error.cause !== undefined)).toBe(true)
  })
})

type Row = [what: string, claims: object | string, options?: Partial<JwtVerifierOptions>]
describe("what is said must hold", () => {
  test.each<Row>([
    ["as it is", good],
    ["to one of several audiences", { ...good, aud: ["x", AUDIENCE] }],
    ["expired within the tolerance", { ...good, exp: NOW - 4 }],
    ["to begin within the tolerance", { ...good, nbf: NOW + 5 }],
    ["young enough", { ...good, iat: NOW - 60 }, { maxAge: "1m" }],
    ["bound, where the app checks that", { ...good, cnf: { jkt: "x" } }, { bound: true }],
    ["with what is required", { ...good, tenant: 0 }, { require: ["tenant"] }],
  ])("%s is good", async (...[, claims, options]) => expect(await tryOne(hs(claims), [hsKey], options)).toBe("in"))

  const without = (name: string) => Object.fromEntries(Object.entries(good).filter(([key]) => key !== name))
  test.each<Row>([
    ["expired", { ...good, exp: NOW - 6 }],
    ["without an end", without("exp")],
    ["that ends never", JSON.stringify(good).replace(`"exp":${NOW + 60}`, '"exp":1e999')],
    ["that ends in a text", { ...good, exp: `${NOW + 60}` }],
    ["that ends in a million years", { ...good, exp: 3e13 }],
    ["not good yet", { ...good, nbf: NOW + 60 }],
    ["not good at no time", { ...good, nbf: "0" }],
    ["too old", { ...good, iat: NOW - 66 }, { maxAge: "1m" }],
    ["of nobody knows when", without("iat"), { maxAge: "1m" }],
    ["of the future", { ...good, iat: NOW + 600 }, { maxAge: "1m" }],
    ["by another", { ...good, iss: "https://evil.test" }],
    ["by almost the same", { ...good, iss: `${ISSUER}/` }],
    ["by nobody", without("iss")],
    ["for another", { ...good, aud: "https://other.test" }],
    ["for a part of the name", { ...good, aud: "https://api.tes" }],
    ["for nobody", without("aud")],
    ["for an object", { ...good, aud: { [AUDIENCE]: true } }],
    ["of nobody", without("sub")],
    ["of an empty name", { ...good, sub: "" }],
    ["of a number", { ...good, sub: 7 }],
    ["of a name with a NUL in it", { ...good, sub: "ana\0mallory" }],
    ["of half a character", '{"sub":"\\ud800"}'],
    ["for a name with a NUL in it", { ...good, aud: [AUDIENCE, "x\0"] }],
    ["that names its subject twice", `{"sub":"mallory",${JSON.stringify(good).slice(1)}`],
    ["that names its subject twice, once in disguise", `{"s\\u0075b":"mallory",${JSON.stringify(good).slice(1)}`],
    ["that names twice within", JSON.stringify(good).replace("{", '{"a":[{"x":1,"x":2}],')],
    ["that is a list", JSON.stringify([good])],
    ["that is no JSON", `${JSON.stringify(good)}x`],
    ["with a byte order mark", `\ufeff${JSON.stringify(good)}`],
    ["bound to a key that nobody checks", { ...good, cnf: { jkt: "x" } }],
    ["without what is required", good, { require: ["tenant"] }],
  ])("%s is refused", async (...[, claims, options]) =>
    expect(await tryOne(hs(claims), [hsKey], options)).toBe("AUTH_TOKEN_INVALID"),
  )
})

describe("an attacker", () => {
  const refused = async (token: string, keys?: readonly JwtKey[], options?: Partial<JwtVerifierOptions>) =>
    expect(await tryOne(token, keys, options)).toBe("AUTH_TOKEN_INVALID")

  test.each(["none", "None", "NONE", "nOnE", "", "HS256 ", "hs256", "constructor", "__proto__", "toString"])(
    "who says alg %p has no way in",
    async (alg) => {
      for (const sign of [() => Buffer.alloc(0), hmac(SECRET), hmac("")])
        for (const keys of [[hsKey], [rsKey]]) await refused(forge({ header: { alg }, payload: good, sign }), keys)
    },
  )
  test("who signs with the public key as a secret has none (HS/RS confusion)", async () => {
    const der = createPublicKey(rsPublic).export({ type: "spki", format: "der" })
    for (const secret of [rsPublic, rsPublic.trim(), der, rsKey.jwk.n!])
      for (const kid of ["rs", undefined])
        await refused(forge({ header: { alg: "HS256", kid }, payload: good, sign: hmac(secret) }), [rsKey])
  })
  test("who signs with one algorithm of a key pair and says another has none", async () => {
    const header = { alg: "RS256", kid: "rs" }
    expect(await tryOne(forge({ header, payload: good, sign: rsa(rsPrivate) }), [rsKey])).toBe("in")
    for (const alg of ["RS384", "RS512", "PS256", "ES256", "EdDSA"])
      for (const hash of ["RSA-SHA256", "RSA-SHA512"])
        await refused(forge({ header: { alg, kid: "rs" }, payload: good, sign: rsa(rsPrivate, hash) }), [rsKey])
    // A good signature by an algorithm that does not count.
    await refused(forge({ header, payload: good, sign: rsa(rsPrivate) }), [rsKey], { algorithms: ["PS256"] })
  })
  test.each([
    { jku: "https://evil.test/jwks.json" },
    { x5u: "https://evil.test/cert.pem" },
    { jwk: { kty: "oct", k: "c2VjcmV0" } },
    { x5c: ["MIIB"] },
    { x5t: "x" },
    { "x5t#S256": "x" },
    { crit: [] },
    { crit: ["exp"], exp: 1 },
    { crit: ["b64"], b64: false },
    { b64: true },
    { b64: false },
    { zip: "DEF" },
    { enc: "A256GCM" },
  ])("who brings %p has none, not even with a good signature", (more) =>
    refused(hs(good, { alg: "HS256", kid: "hs", ...more })),
  )
  test.each([
    "../../dev/null",
    "/proc/sys/kernel/randomize_va_space",
    "hs' UNION SELECT 'key' --",
    "hs\0",
    "\0",
    "hs\n",
    "__proto__",
    "constructor",
    "toString",
    "HS",
    " hs",
    "x".repeat(257),
    "",
    7,
    null,
    [["hs"]],
    { kid: "hs" },
  ])("who names the key %p gets no key", async (kid) => {
    for (const secret of [SECRET, "", "undefined", "null", "[object Object]"])
      await refused(forge({ header: { alg: "HS256", kid }, payload: good, sign: hmac(secret) }))
  })
  test("who says something twice in the header has none", async () => {
    await refused(hs(good, '{"alg":"none","alg":"HS256","kid":"hs"}'))
    await refused(hs(good, '{"alg":"HS256","kid":"x","k\\u0069d":"hs"}'))
  })
  test("who sends another text for the same token has none", async () => {
    const token = hs(good)
    const [head, payload, signature] = token.split(".") as [string, string, string]
    expect(await tryOne(token)).toBe("in")
    // The last character of a signature of 32 bytes has bits to spare.
    const last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    const spare = last[last.indexOf(signature.at(-1)!) ^ 1]!
    const others = [
      `${head}.${payload}.${signature.slice(0, -1)}${spare}`,
      `${token}=`,
      `${token}==`,
      `${head}=.${payload}.${signature}`,
      ` ${token}`,
      `${token} `,
      `${token}\n`,
      `${token}\0`,
      `${token}.`,
      `${token}.${signature}`,
      `${head}..${signature}`,
      `${head}.${payload}.`,
      `${head}.${payload}`,
      Buffer.from(signature, "base64url").toString("base64").length > 0 ? token.replaceAll("-", "+").concat("+") : "",
      JSON.stringify({ protected: head, payload, signature }),
      token.split(".").reverse().join("."),
    ]
    for (const other of others) await refused(other)
  })
  test("who takes another kind of token has none", async () => {
    const typed = (typ: unknown) => hs(good, { alg: "HS256", kid: "hs", typ })
    for (const typ of ["logout+jwt", "dpop+jwt", "secevent+jwt", "token-introspection+jwt", "JOSE+JSON", 7, {}])
      await refused(typed(typ))
    for (const typ of ["JWT", "jwt", "at+jwt", "application/at+jwt"]) expect(await tryOne(typed(typ))).toBe("in")
    await refused(typed("JWT"), [hsKey], { type: "at+jwt" })
    await refused(hs(good), [hsKey], { type: "at+jwt" })
    expect(await tryOne(typed("application/AT+JWT"), [hsKey], { type: "at+jwt" })).toBe("in")
  })
  test("who sends megabytes is told off before anything is read", async () => {
    await refused(hs({ ...good, more: "x".repeat(10_000) }))
    expect(await tryOne(hs({ ...good, more: "x".repeat(10_000) }), [hsKey], { maxTokenBytes: 65_536 })).toBe("in")
    const started = performance.now()
    for (const token of ["a.".repeat(5_000_000), "x".repeat(10_000_000), `${"[".repeat(4_000)}.a.a`])
      await refused(token)
    expect(performance.now() - started).toBeLessThan(2_000)
  })
  test("who changes one character anywhere has none", async () => {
    const token = hs(good)
    await fc.assert(
      fc.asyncProperty(fc.nat(token.length - 1), fc.constantFrom(..."AZaz09-_.=%\0é"), async (at, char) => {
        if (token[at] !== char) await refused(token.slice(0, at) + char + token.slice(at + 1))
      }),
      { numRuns: 300 },
    )
  })
})

describe("keys follow one another", () => {
  test("the next is published before it signs, and the last is good for a while after", async () => {
    const [time, nowMs] = [manualClock(), manualClock().now()]
    const [first, next] = [await generateJwtKey("EdDSA", "first"), await generateJwtKey("ES256", "next")]
    const keys = createJwtKeys(
      [
        { ...first, acceptUntilMs: nowMs + 7_200_000 },
        { ...next, signFromMs: nowMs + 3_600_000 },
      ],
      { clock: time },
    )
    const signer = createJwtSigner({ keys, issuer: ISSUER, audience: AUDIENCE, ttl: "2h", clock: time })
    const verifier = createJwtVerifier({ keys, issuer: ISSUER, audience: AUDIENCE, clock: time })
    const kid = (token: string) => (JSON.parse(Buffer.from(token.split(".")[0]!, "base64url").toString()) as JwtKey).kid
    const kids = () => keys.jwks().keys.map((key) => key.kid)
    const early = await signer.sign({ sub: "ana" })
    expect([kid(early), kids()]).toEqual(["first", ["first", "next"]])
    time.advance(3_600_000)
    const late = await signer.sign({ sub: "ana" })
    expect([kid(late), (await verifier.verify(early)).sub, (await verifier.verify(late)).sub]).toEqual([
      "next",
      "ana",
      "ana",
    ])
    time.advance(3_600_000)
    expect(kids()).toEqual(["next"])
    expect(await verifier.verify(early).catch((error) => error)).toMatchObject({ code: "AUTH_TOKEN_INVALID" })
    keys.replace([first])
    expect(await verifier.verify(late).catch((error) => error)).toMatchObject({ code: "AUTH_TOKEN_INVALID" })
  })
  test("what is published has nothing private in it, and no secret at all", async () => {
    for (const alg of ["EdDSA", "ES512", "PS256"] as const) {
      const key = await generateJwtKey(alg, "k")
      const [shown] = createJwtKeys([{ ...key, jwk: { ...key.jwk, odd: "private" } as never }]).jwks().keys
      expect(Object.keys(shown!).filter((name) => /^(?:d|p|q|dp|dq|qi|oth|k|odd)$/.test(name))).toEqual([])
      expect(shown).toMatchObject({ kid: "k", alg, use: "sig" })
    }
    expect(createJwtKeys([hsKey]).jwks()).toEqual({ keys: [] })
  })
  test("a token without kid is of the only key for its algorithm, or of none", async () => {
    const token = hs(good, { alg: "HS256" })
    expect(await tryOne(token)).toBe("in")
    expect(await tryOne(token, [hsKey, { ...hsKey, kid: "other" }])).toBe("AUTH_TOKEN_INVALID")
  })
})

describe("settings that would not protect are refused: AUTH_SETUP_INVALID", () => {
  const secret = (k: string): JwtKey => ({ kid: "s", alg: "HS256", jwk: { kty: "oct", k: btoa(k) } })
  test.each<[string, () => unknown]>([
    ["no keys", () => createJwtKeys([])],
    ["a short secret", () => createJwtKeys([secret("x".repeat(31))])],
    ["one name for two keys", () => createJwtKeys([hsKey, hsKey])],
    ["a name that is none", () => createJwtKeys([{ ...hsKey, kid: "a b" }])],
    ["an algorithm that is none", () => createJwtKeys([{ ...hsKey, alg: "none" as "HS256" }])],
    ["a key of another kind", () => createJwtKeys([{ ...rsKey, alg: "ES256" }])],
    ["a key for encryption", () => createJwtKeys([{ ...rsKey, jwk: { ...rsKey.jwk, use: "enc" } }])],
    ["a key for no signatures", () => createJwtKeys([{ ...rsKey, jwk: { ...rsKey.jwk, key_ops: ["decrypt"] } }])],
    ["a key for another algorithm", () => createJwtKeys([{ ...rsKey, jwk: { ...rsKey.jwk, alg: "PS256" } }])],
    ["a small key", () => createJwtKeys([{ ...rsKey, jwk: { kty: "RSA", n: "AQAB".repeat(40), e: "AQAB" } }])],
    ["a secret among key pairs", () => createJwtKeys([hsKey, rsKey])],
    ["secrets and key pairs", () => verifierOf([rsKey], { algorithms: ["RS256", "HS256"] })],
    ["no algorithm", () => verifierOf([rsKey], { algorithms: [] })],
    ["no issuer", () => verifierOf([rsKey], { issuer: [] })],
    ["an empty audience", () => verifierOf([rsKey], { audience: "" })],
    ["clocks that are far apart", () => verifierOf([rsKey], { clockTolerance: "1h" })],
    ["no bound", () => verifierOf([rsKey], { maxTokenBytes: 1e9 })],
  ])("%s", (_what, make) => expect(make).toThrow(expect.objectContaining({ code: "AUTH_SETUP_INVALID" })))

  test("a signer says times, issuer and audience itself, and needs a key that signs", async () => {
    const signer = createJwtSigner({ keys: createJwtKeys([hsKey]), issuer: ISSUER, audience: AUDIENCE })
    const { d: _private, ...jwk } = rsKey.jwk
    const publicOnly = createJwtSigner({ keys: createJwtKeys([{ ...rsKey, jwk }]), issuer: ISSUER, audience: AUDIENCE })
    const odd: readonly SignClaims[] = [
      { sub: "a", exp: 1 },
      { sub: "a", iss: "x" },
      { sub: "a", aud: "x" },
      { sub: "" },
      {} as SignClaims,
    ]
    for (const act of [...odd.map((claims) => signer.sign(claims)), publicOnly.sign({ sub: "a" })])
      expect(await act.catch((error) => error)).toMatchObject({ code: "AUTH_SETUP_INVALID" })
  })
})

test("strict JSON is what JSON.parse reads, unless a name is there twice", () => {
  const bytes = (text: string) => new TextEncoder().encode(text)
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const text = JSON.stringify(value)
      expect(parseStrictObject(bytes(text))).toEqual(JSON.parse(text))
      const name = JSON.stringify(Object.keys(value)[0] ?? "x")
      const again = `{${name}:1,${name} :{"a":"}"}${text === "{}" ? "" : ","}${text.slice(1)}`
      expect(parseStrictObject(bytes(again))).toBe(undefined)
    }),
  )
})
