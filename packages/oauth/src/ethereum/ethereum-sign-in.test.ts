import { describe, expect, test } from "bun:test"
import { openSessions, sessionGuard } from "@ashlar/auth"
import { manualClock } from "@ashlar/core"
import { createApp } from "@ashlar/http"
import { csrf } from "@ashlar/security"
import { secp256k1 } from "@noble/curves/secp256k1.js"
import { keccak_256 } from "@noble/hashes/sha3.js"
import { bytesToHex } from "@noble/hashes/utils.js"
import { OAuthOptionInvalid } from "../errors.ts"
import {
  checksumAddress,
  createEthereumSignIn,
  type EthereumCall,
  type EthereumSignIn,
  type EthereumSignInOptions,
  ethereumRoutes,
  parseSiweMessage,
  writeSiweMessage,
} from "./index.ts"
import { personalHash } from "./signature.ts"

const ORIGIN = "https://app.example"

interface Wallet {
  readonly address: string
  sign(message: string): string
}
function newWallet(): Wallet {
  const key = secp256k1.utils.randomSecretKey()
  const point = secp256k1.getPublicKey(key, false)
  return {
    address: checksumAddress(`0x${bytesToHex(keccak_256(point.subarray(1)).subarray(12))}`),
    sign(message) {
      const made = secp256k1.sign(personalHash(message), key, { prehash: false, format: "recovered" })
      return `0x${bytesToHex(made.subarray(1))}${(27 + made[0]!).toString(16)}`
    },
  }
}
const ana = newWallet()
const eve = newWallet()
const clock = manualClock(Date.UTC(2026, 10, 29))
const signIn = (options: Partial<EthereumSignInOptions> = {}): EthereumSignIn =>
  createEthereumSignIn({ origin: ORIGIN, clock, ...options })
const begin = (
  ethereum: EthereumSignIn,
  account: Partial<Parameters<EthereumSignIn["begin"]>[0]> = {},
): Promise<string> => ethereum.begin({ address: ana.address, chainId: 1, browser: "b1", ...account })
async function reasonOf(work: Promise<unknown>): Promise<unknown> {
  const error = await work.then(
    () => undefined,
    (problem: unknown) => problem as { code: string; details: { reason: string } },
  )
  if (error !== undefined) expect(error.code).toBe("OAUTH_ETHEREUM_INVALID")
  return error?.details.reason
}

describe("a signed message", () => {
  test("proves an account of its chain", async () => {
    const ethereum = signIn({ statement: "Come in.", chainIds: [1, 137] })
    const message = await begin(ethereum, { chainId: 137, address: ana.address.toLowerCase() })
    expect(message).toContain("https://app.example wants you to sign in")
    const { identity, message: read } = await ethereum.verify({ message, signature: ana.sign(message), browser: "b1" })
    expect(identity).toEqual({
      provider: "ethereum",
      issuer: "eip155:137",
      subject: `eip155:137:${ana.address}`,
      email: undefined,
      emailVerified: false,
      name: undefined,
      picture: undefined,
      raw: { ...read },
    })
    expect(read.statement).toBe("Come in.")
    await ethereum.close()
  })
  test("is good once, of however many who show it at once", async () => {
    const ethereum = signIn()
    const message = await begin(ethereum)
    const signed = { message, signature: ana.sign(message), browser: "b1" }
    const results = await Promise.all(Array.from({ length: 10 }, () => reasonOf(ethereum.verify(signed))))
    expect(results.filter((reason) => reason === undefined).length).toBe(1)
    expect(results.filter((reason) => reason === "nonce").length).toBe(9)
  })
  test("of another browser opens nothing, and stays that browser's", async () => {
    const ethereum = signIn()
    const message = await begin(ethereum)
    const signed = { message, signature: ana.sign(message) }
    expect(await reasonOf(ethereum.verify({ ...signed, browser: "b2" }))).toBe("nonce")
    expect(await reasonOf(ethereum.verify({ ...signed, browser: "" }))).toBe("nonce")
    expect(await reasonOf(ethereum.verify({ ...signed, browser: "b1" }))).toBeUndefined()
  })
  test("with a nonce of its own is none of ours", async () => {
    const ethereum = signIn()
    const read = parseSiweMessage(await begin(ethereum))
    const message = writeSiweMessage({ ...read, nonce: "12345678abcd" })
    expect(await reasonOf(ethereum.verify({ message, signature: ana.sign(message), browser: "b1" }))).toBe("nonce")
  })
  test.each<[string, (read: ReturnType<typeof parseSiweMessage>) => object, string]>([
    ["another domain", () => ({ domain: "evil.example" }), "domain"],
    ["a domain below", () => ({ domain: "a.app.example" }), "domain"],
    ["a domain with a user", () => ({ domain: "app.example@evil.example" }), "domain"],
    ["another port", () => ({ domain: "app.example:8443" }), "domain"],
    ["http", () => ({ scheme: "http" }), "domain"],
    ["a URI of elsewhere", () => ({ uri: "https://evil.example/" }), "uri"],
    ["a URI with a user", () => ({ uri: "https://app.example@evil.example/" }), "uri"],
    ["another chain", () => ({ chainId: 5 }), "chain"],
    ["a later beginning", () => ({ notBefore: "2026-11-29T00:00:31Z" }), "time"],
    ["an end that was", () => ({ expirationTime: "2026-11-29T00:00:00Z" }), "time"],
    ["a date to come", () => ({ issuedAt: "2026-11-29T00:00:31Z" }), "time"],
    ["an old date", () => ({ issuedAt: "2026-11-28T23:55:00Z" }), "time"],
  ])("for %s is refused, however well it is signed", async (_what, change, reason) => {
    const ethereum = signIn()
    const read = parseSiweMessage(await begin(ethereum))
    const message = writeSiweMessage({ ...read, ...change(read) })
    expect(await reasonOf(ethereum.verify({ message, signature: ana.sign(message), browser: "b1" }))).toBe(reason)
  })
  test("without a scheme is for https", async () => {
    const ethereum = signIn()
    const message = writeSiweMessage({ ...parseSiweMessage(await begin(ethereum)), scheme: undefined })
    expect(await reasonOf(ethereum.verify({ message, signature: ana.sign(message), browser: "b1" }))).toBeUndefined()
  })
  test("that comes too late is refused", async () => {
    const own = manualClock(Date.UTC(2026, 10, 29))
    const ethereum = signIn({ clock: own })
    const message = await begin(ethereum)
    own.advance(300_000)
    expect(await reasonOf(ethereum.verify({ message, signature: ana.sign(message), browser: "b1" }))).toBe("time")
  })
  test.each<[string, (message: string) => string]>([
    ["by another", (message) => eve.sign(message)],
    ["over another text", (message) => ana.sign(`${message} `)],
    ["by nobody", () => "0x"],
    ["in a form that is none", () => "signature"],
  ])("%s proves nothing, and is used up", async (_what, sign) => {
    const ethereum = signIn()
    const message = await begin(ethereum)
    expect(await reasonOf(ethereum.verify({ message, signature: sign(message), browser: "b1" }))).toBe("signature")
    expect(await reasonOf(ethereum.verify({ message, signature: ana.sign(message), browser: "b1" }))).toBe("nonce")
  })
  test("is not made for chains and addresses that are not welcome", async () => {
    expect(await reasonOf(begin(signIn(), { chainId: 137 }))).toBe("chain")
    expect(await reasonOf(begin(signIn(), { address: "ana.eth" }))).toBe("message")
  })
})

describe("a contract's wallet", () => {
  const accepted = `0x1626ba7e${"0".repeat(56)}`
  const ask = async (call: EthereumCall | undefined, signature = "0x0102"): Promise<unknown> => {
    const ethereum = signIn(call === undefined ? {} : { call })
    const message = await begin(ethereum)
    return await reasonOf(ethereum.verify({ message, signature, browser: "b1" }))
  }
  test("is asked as EIP-1271 says", async () => {
    const calls: Parameters<EthereumCall>[0][] = []
    const call: EthereumCall = async (one) => {
      calls.push(one)
      return accepted
    }
    const ethereum = signIn({ call })
    const message = await begin(ethereum)
    await ethereum.verify({ message, signature: `0x${"ab".repeat(33)}`, browser: "b1" })
    const hash = bytesToHex(personalHash(message))
    const [offset, length] = [64, 33].map((value) => value.toString(16).padStart(64, "0"))
    expect(calls).toEqual([
      {
        chainId: 1,
        to: ana.address,
        data: `0x1626ba7e${hash}${offset}${length}${"ab".repeat(33)}${"00".repeat(31)}`,
      },
    ])
  })
  test.each<[string, EthereumCall | undefined, unknown]>([
    ["that says yes", async () => accepted, undefined],
    ["that says yes in capitals", async () => accepted.toUpperCase().replace("0X", "0x"), undefined],
    ["where nobody asks", undefined, "signature"],
    ["that is not there", async () => "0x", "signature"],
    ["that says no", async () => `0x${"ff".repeat(32)}`, "signature"],
    ["that says true", async () => `0x${"1".padStart(64, "0")}`, "signature"],
    ["that says more", async () => `${accepted}00`, "signature"],
    ["that says the word at the end", async () => `0x${"0".repeat(56)}1626ba7e`, "signature"],
    ["that reverts", async () => await Promise.reject(new TypeError("reverted")), "signature"],
    ["that answers nothing", async () => undefined as never, "signature"],
  ])("%s", async (_what, call, reason) => {
    expect(await ask(call)).toBe(reason as never)
  })
  test("is not asked about what is no signature", async () => {
    let asked = 0
    const call: EthereumCall = async () => {
      asked++
      return accepted
    }
    for (const signature of ["", "0x", "0x0", "0xzz", `0x${"ab".repeat(4_097)}`])
      expect(await ask(call, signature)).toBe("signature")
    expect(asked).toBe(0)
  })
})

describe("the routes", () => {
  const guard = sessionGuard({ sessions: openSessions("memory:") })
  const app = createApp({ layers: [csrf()], onError: () => undefined })
  app.add(
    ethereumRoutes({
      ethereum: signIn(),
      onSignIn: async (ctx, { identity }) => {
        await guard.signIn(ctx, { userId: identity.subject, amr: ["swk"] })
      },
    }),
  )
  app.get("/me", { layers: [guard] }, (ctx) => ctx.principal.id)
  const post = (path: string, body: object, cookie = ""): Promise<Response> =>
    app.fetch(
      new Request(`${ORIGIN}${path}`, {
        method: "POST",
        body: JSON.stringify(body),
        headers: { "content-type": "application/json", cookie, "sec-fetch-site": "same-origin" },
      }),
    )
  const cookieOf = (answer: Response, name: string): string =>
    answer.headers
      .getSetCookie()
      .find((line) => line.startsWith(name))!
      .split(";", 1)[0]!

  test("sign somebody in", async () => {
    const asked = await post("/sign-in/ethereum/message", { address: ana.address, chainId: 1 })
    const { message } = (await asked.json()) as { message: string }
    const cookie = cookieOf(asked, "__Host-ethereum")
    const body = { message, signature: ana.sign(message), next: "/home" }
    expect((await post("/sign-in/ethereum", body)).status).toBe(401)
    const done = await post("/sign-in/ethereum", body, cookie)
    expect([done.status, await done.json()]).toEqual([200, { next: "/home" }])
    const session = cookieOf(done, "__Host-session")
    const me = await app.fetch(new Request(`${ORIGIN}/me`, { headers: { cookie: session } }))
    expect(await me.text()).toBe(`eip155:1:${ana.address}`)
    expect(await (await post("/sign-in/ethereum", body, cookie)).json()).toMatchObject({
      code: "OAUTH_ETHEREUM_INVALID",
      details: { reason: "nonce" },
    })
  })
  test("lead nowhere else", async () => {
    const asked = await post("/sign-in/ethereum/message", { address: ana.address, chainId: 1 })
    const { message } = (await asked.json()) as { message: string }
    const body = { message, signature: ana.sign(message), next: "//evil.example" }
    const done = await post("/sign-in/ethereum", body, cookieOf(asked, "__Host-ethereum"))
    expect(await done.json()).toEqual({ next: "/" })
  })
})

test.each([
  ["http of another machine", { origin: "http://app.example" }],
  ["a path", { origin: "https://app.example/a" }],
  ["a slash", { origin: "https://app.example/" }],
  ["no chain", { chainIds: [] }],
  ["a chain that is none", { chainIds: [1.5] }],
  ["a second", { lifetimeSeconds: 1 }],
])("sign-in with %s is refused at once", (_what, options) => {
  expect(() => signIn(options)).toThrow(OAuthOptionInvalid)
})
