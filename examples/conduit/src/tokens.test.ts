import { describe, expect, test } from "bun:test"
import { SignJWT } from "jose"
import { createSecret, createTokens } from "./tokens.ts"

const secret = createSecret()
const tokens = createTokens(secret)
const key = new TextEncoder().encode(secret)

describe("tokens", () => {
  test("say whose they are", async () => {
    expect(await tokens.read(await tokens.issue("ana"))).toBe("ana")
  })

  test.each([
    ["of another secret", async () => createTokens(createSecret()).issue("ana")],
    [
      "of another algorithm",
      async () => new SignJWT({ sub: "ana", iss: "conduit" }).setProtectedHeader({ alg: "HS512" }).sign(key),
    ],
    [
      "of another issuer",
      async () => new SignJWT({ sub: "ana", iss: "other" }).setProtectedHeader({ alg: "HS256" }).sign(key),
    ],
    ["without a subject", async () => new SignJWT({ iss: "conduit" }).setProtectedHeader({ alg: "HS256" }).sign(key)],
    [
      "that are over",
      async () =>
        new SignJWT({ sub: "ana", iss: "conduit" })
          .setProtectedHeader({ alg: "HS256" })
          .setExpirationTime("-1s")
          .sign(key),
    ],
    ["without a signature", async () => (await tokens.issue("ana")).replace(/[^.]+$/, "")],
    ["that are none", async () => "none"],
  ])("%s are nobody's", async (_, make) => {
    expect(await tokens.read(await make())).toBeUndefined()
  })

  test("are not made with a secret that can be guessed", () => {
    expect(() => createTokens("secret")).toThrow("at least 32 bytes, got 6")
    expect(createSecret()).toHaveLength(43)
  })
})
