import { describe, expect, test } from "bun:test"
import { type AshlarError, manualClock } from "@ashlar/core"
import { createApp } from "@ashlar/http"
import { createJwtKeys, createJwtSigner, createServiceIdentity, generateJwtKey, type JwtKeys } from "../index.ts"

const clock = manualClock()
const keysOf = async (kid: string) => createJwtKeys([await generateJwtKey("EdDSA", kid)], { clock })

async function stage() {
  const [billing, orders, mail] = [await keysOf("billing"), await keysOf("orders"), await keysOf("mail")]
  const peers = { orders: { keys: orders, roles: ["charge"] }, mail: { keys: mail } }
  const identity = createServiceIdentity({ service: "billing", keys: billing, peers, clock })
  const app = createApp()
  app.post("/charges", { layers: [identity.guard] }, (ctx) => `${ctx.principal.id}: ${ctx.principal.roles.join()}`)
  const ask = async (token: string) => {
    const headers = { authorization: `Bearer ${token}` }
    const response = await app.fetch(new Request("https://billing.test/charges", { method: "POST", headers }))
    return response.ok ? await response.text() : response.status
  }
  const service = (name: string, keys: JwtKeys) => createServiceIdentity({ service: name, keys, peers: {}, clock })
  return { ask, service, billing, orders, mail }
}

describe("a service", () => {
  test("is known by its own keys, and has its own roles", async () => {
    const { ask, service, orders, mail } = await stage()
    expect(await ask(await service("orders", orders).tokenFor("billing"))).toBe("orders: charge")
    expect(await ask(await service("mail", mail).tokenFor("billing"))).toBe("mail: ")
  })
  test("makes a token anew when half of its time is over", async () => {
    const { ask, service, orders } = await stage()
    const identity = service("orders", orders)
    const [first, again] = [await identity.tokenFor("billing"), await identity.tokenFor("billing")]
    clock.advance(30_000)
    const next = await identity.tokenFor("billing")
    expect([again === first, next === first, await identity.tokenFor("mail")].slice(0, 2)).toEqual([true, false])
    clock.advance(36_000)
    expect([await ask(first), await ask(next)]).toEqual([401, "orders: charge"])
  })
  test.each<[string, (made: Awaited<ReturnType<typeof stage>>) => Promise<string>]>([
    ["with the keys of another peer", async ({ service, mail }) => service("orders", mail).tokenFor("billing")],
    ["with the receiver's own keys", async ({ service, billing }) => service("billing", billing).tokenFor("billing")],
    ["that is no peer", async ({ service }) => service("unknown", await keysOf("unknown")).tokenFor("billing")],
    ["with a token for another service", async ({ service, orders }) => service("orders", orders).tokenFor("mail")],
    [
      "with an access token of a user",
      async ({ orders }) =>
        createJwtSigner({ keys: orders, issuer: "orders", audience: "billing", clock }).sign({ sub: "orders" }),
    ],
    [
      "in the name of another",
      async ({ orders }) =>
        createJwtSigner({ keys: orders, issuer: "orders", audience: "billing", type: "service+jwt", clock }).sign({
          sub: "root",
        }),
    ],
    ["with what is no token", async () => "a.b.c"],
  ])("%s is refused", async (_what, tokenOf) => {
    const made = await stage()
    expect(await made.ask(await tokenOf(made))).toBe(401)
  })
  test("needs a name, and tokens that are short: AUTH_SETUP_INVALID", async () => {
    const keys = await keysOf("k")
    const make = [
      () => createServiceIdentity({ service: "a b", keys, peers: {} }),
      () => createServiceIdentity({ service: "a", keys, peers: { B: { keys } } }),
      () => createServiceIdentity({ service: "a", keys, peers: {}, ttl: "1h" }),
    ]
    for (const one of make) expect(one).toThrow(expect.objectContaining({ code: "AUTH_SETUP_INVALID" }))
    const odd = createServiceIdentity({ service: "a", keys, peers: {} }).tokenFor("")
    expect(((await odd.catch((error: AshlarError) => error)) as AshlarError).code).toBe("AUTH_SETUP_INVALID")
  })
})
