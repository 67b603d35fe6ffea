import { describe, expect, test } from "bun:test"
import { createUuidv7, manualClock } from "@ashlar/core"
import { SignJWT, UnsecuredJWT } from "jose"
import { RootKey } from "./root-key.ts"
import { createSealer } from "./sealer.ts"
import { createServiceTokens, type ServiceTokens } from "./service-tokens.ts"
import { codeOf } from "./testing/install.ts"

const clock = manualClock()
const sealer = createSealer(new RootKey(new Uint8Array(32).fill(1)))
const node = (): ServiceTokens => createServiceTokens({ sealer, clock, ids: createUuidv7(clock) })
const body = new TextEncoder().encode('{"function":"hello"}')
const asked = { method: "POST", path: "/internal/invoke?project=1", body }
const issue = (): Promise<string> => node().issue({ ...asked, from: "api", to: "functions" })
const refused = "IDENTITY_SERVICE_REFUSED"

test("one node knows another by its proof, once", async () => {
  const token = await issue()
  const other = node()
  expect(await other.verify(token, { ...asked, to: "functions" })).toEqual({ service: "api" })
  expect(await codeOf(() => other.verify(token, { ...asked, to: "functions" }))).toBe(refused)
})

test("of proofs that are shown at once, one is taken", async () => {
  const [token, other] = [await issue(), node()]
  const shown = Array.from({ length: 20 }, () => codeOf(() => other.verify(token, { ...asked, to: "functions" })))
  expect((await Promise.all(shown)).filter((code) => code === "none")).toHaveLength(1)
})

describe("a proof is none", () => {
  test.each([
    ["for another service", { to: "documents" }],
    ["for another method", { method: "GET" }],
    ["for another path", { path: "/internal/invoke?project=2" }],
    ["for another body", { body: new TextEncoder().encode('{"function":"other"}') }],
    ["without its body", { body: new Uint8Array() }],
  ])("%s", async (_name, other) => {
    expect(await codeOf(async () => node().verify(await issue(), { ...asked, to: "functions", ...other }))).toBe(
      refused,
    )
  })

  test("after half a minute, nor of a clock that is ahead", async () => {
    const token = await issue()
    const verify = (): Promise<string> => codeOf(() => node().verify(token, { ...asked, to: "functions" }))
    clock.advance(29_000)
    expect(await verify()).toBe("none")
    clock.advance(10_000)
    expect(await verify()).toBe(refused)
    clock.advance(60_000)
    const early = await issue()
    clock.advance(-60_000)
    expect(await codeOf(() => node().verify(early, { ...asked, to: "functions" }))).toBe(refused)
  })

  test("of another install, another kind, or without a signature", async () => {
    const stranger = createServiceTokens({
      ...{ sealer: createSealer(new RootKey(new Uint8Array(32).fill(2))), clock, ids: createUuidv7(clock) },
    })
    const seconds = Math.floor(clock.now() / 1000)
    const [, payload = ""] = (await issue()).split(".")
    const claims = JSON.parse(Buffer.from(payload, "base64url").toString())
    const key = sealer.deriveKey("service-identity")
    const sign = (header: { alg: string; typ?: string }): Promise<string> =>
      new SignJWT({ ...claims, exp: seconds + 30 }).setProtectedHeader(header).sign(key)
    const tokens = [
      await stranger.issue({ ...asked, from: "api", to: "functions" }),
      await sign({ alg: "HS256", typ: "at+jwt" }),
      await sign({ alg: "HS256" }),
      await sign({ alg: "HS512", typ: "ashlar-service+jwt" }),
      new UnsecuredJWT(claims).encode(),
      `${(await issue()).slice(0, -4)}AAAA`,
      "",
      "x".repeat(100_000),
    ]
    for (const token of tokens) {
      expect(await codeOf(() => node().verify(token, { ...asked, to: "functions" }))).toBe(refused)
    }
  })

  test("that lives longer than its own word, or says nothing of who, when or what", async () => {
    const seconds = Math.floor(clock.now() / 1000)
    const [, payload = ""] = (await issue()).split(".")
    const claims = JSON.parse(Buffer.from(payload, "base64url").toString())
    const key = sealer.deriveKey("service-identity")
    for (const change of [
      { iat: seconds - 3600, exp: seconds + 3600 },
      { iss: undefined },
      { jti: undefined },
      { exp: undefined },
      { req: undefined },
    ]) {
      const header = { alg: "HS256", typ: "ashlar-service+jwt" }
      const token = await new SignJWT({ ...claims, ...change }).setProtectedHeader(header).sign(key)
      expect(await codeOf(() => node().verify(token, { ...asked, to: "functions" }))).toBe(refused)
    }
  })
})
