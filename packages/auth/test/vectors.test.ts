import { describe, expect, test } from "bun:test"
import { compactVerify } from "jose"
import { createJwtKeys, type JwtAlgorithm } from "../src/index.ts"
import { inspectToken } from "../src/tokens/inspect-token.ts"
import wycheproof from "./vectors/wycheproof-jws.json" with { type: "json" }

type Jwk = Parameters<typeof createJwtKeys>[0][number]["jwk"]

/** As a token is verified, up to what it says: the vectors sign texts that are no claims. */
async function verify(token: string, jwks: readonly Jwk[], alg: JwtAlgorithm): Promise<string> {
  const keys = createJwtKeys(
    jwks.map(({ alg: named, ...jwk }) => ({
      kid: jwk.kid ?? "key",
      alg: jwks.length > 1 ? (named as JwtAlgorithm) : alg,
      jwk,
    })),
  )
  const { header, payload } = inspectToken(token, 65_536)
  await compactVerify(token, await keys.keyFor(header), { algorithms: [header.alg] })
  return new TextDecoder().decode(payload)
}
const isGood = (token: string, jwks: readonly Jwk[], alg: JwtAlgorithm) =>
  verify(token, jwks, alg).then(
    () => true,
    () => false,
  )

/** Where we say something else than the vectors do. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  emptyPayload: "a token without claims says nothing",
  Figure20: "the key says PS256, and the token PS384: the key decides",
  InvalidCharacterInsertedInHeader: "a question mark is not base64url",
  InvalidCharacterInsertedInPayload: "a question mark is not base64url",
  invalidBase64Padding: "the text of the vector has no padding, and is that of a good token",
  invalidBase64PaddingInPayload: "the text of the vector has no padding, and is that of a good token",
  rejectsKeyWithRocaVulnerability: "the keys are the app's own, or an issuer's: how they were made is not looked into",
}

/** Whose keys name an algorithm that there is not, or none. */
const ALG_OF: Readonly<Record<string, JwtAlgorithm>> = { ES521: "ES512", RSA: "RS256", EC: "ES256", oct: "HS256" }

describe("Wycheproof", () => {
  const groups = wycheproof.groups as readonly {
    comment: string
    key: Jwk & { keys?: readonly Jwk[] }
    tests: readonly { id: number; comment: string; jws: string; valid: boolean }[]
  }[]
  test.each(groups.map((group, at) => [`${at} ${group.comment}`, group] as const))("group %s", async (_name, group) => {
    const wrong: string[] = []
    const jwks = group.key.keys ?? [group.key]
    const [{ alg: named, kty = "" }] = jwks as [Jwk]
    const alg = ALG_OF[named ?? kty] ?? (named as JwtAlgorithm)
    for (const { id, comment, jws, valid } of group.tests) {
      const isExpected = Object.hasOwn(EXCEPTIONS, comment) ? !valid : valid
      if ((await isGood(jws, jwks, alg)) !== isExpected) wrong.push(`${id} ${comment}: ${valid ? "valid" : "invalid"}`)
    }
    expect(wrong).toEqual([])
  })
  test("is there as a whole", () => expect(groups.flatMap(({ tests }) => tests).length).toBeGreaterThan(400))
})

describe("the examples of the RFCs", () => {
  const CLAIMS = '{"iss":"joe",\r\n "exp":1300819380,\r\n "http://example.com/is_root":true}'
  const signed = (head: string, signature: string) =>
    `${head}.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.${signature}`
  const hs256 = {
    kty: "oct",
    k: "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
  }
  const es256 = {
    kty: "EC",
    crv: "P-256",
    x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
  }
  const ed25519 = { kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" }
  const head = (text: string) => Buffer.from(text).toString("base64url")
  test.each<[string, string, Jwk, JwtAlgorithm, string]>([
    [
      "RFC 7515, A.1",
      signed(head('{"typ":"JWT",\r\n "alg":"HS256"}'), "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
      hs256,
      "HS256",
      CLAIMS,
    ],
    [
      "RFC 7515, A.3",
      signed(
        head('{"alg":"ES256"}'),
        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
      ),
      es256,
      "ES256",
      CLAIMS,
    ],
    [
      "RFC 8037, A.4",
      "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
      ed25519,
      "EdDSA",
      "Example of Ed25519 signing",
    ],
  ])("%s is good, and not with anything changed", async (_name, token, jwk, alg, text) => {
    expect(await verify(token, [jwk], alg)).toBe(text)
    for (let at = 0; at < token.length; at += 7) {
      const other = token[at] === "A" ? "B" : "A"
      expect(await isGood(token.slice(0, at) + other + token.slice(at + 1), [jwk], alg)).toBe(false)
    }
  })
  test("RFC 7515, A.5 has no signature, and is refused", async () => {
    const none = `${head('{"alg":"none"}')}.${head(CLAIMS)}.`
    for (const token of [none, `${none}AA`]) expect(await isGood(token, [hs256], "HS256")).toBe(false)
  })
})
