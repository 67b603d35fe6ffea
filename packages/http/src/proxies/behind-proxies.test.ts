import { describe, expect, test } from "bun:test"
import { createApp, createRequestIds } from "../index.ts"

interface Seen {
  readonly address?: string
  readonly url: string
  readonly host?: string
  readonly id: string
}

async function ask(
  options: Parameters<typeof createApp>[0],
  peer: string | undefined,
  request: Request,
): Promise<Seen> {
  const app = createApp({ ...options, layers: [createRequestIds({ accept: "proxies" })] })
  app.host(":shop.example", (shops) => {
    shops.get("/*path", ({ address, url, id, host }) => ({ address, url: url.href, id, host: host.shop }))
  })
  app.get("/*path", ({ address, url, id }) => ({ address, url: url.href, id }))
  const response = await app.fetch(request, () => ({ address: peer }))
  return (await response.json()) as Seen
}

const forwarded = (path = "/a?b=1", more: Record<string, string> = {}): Request =>
  new Request(`http://inside:8080${path}`, {
    headers: {
      host: "inside:8080",
      "x-forwarded-for": "203.0.113.9",
      "x-forwarded-proto": "https",
      "x-forwarded-host": "blue.shop.example",
      "x-request-id": "from-the-edge",
      ...more,
    },
  })

describe("behind a trusted proxy", () => {
  const trusted = { trustedProxies: ["10.0.0.0/8"] }

  test("address, URL, host and request id are the client's", async () => {
    const host = { "x-forwarded-host": "blue.test" }
    expect(await ask(trusted, "10.1.2.3", forwarded("/a?b=1", host))).toEqual({
      address: "203.0.113.9",
      url: "https://blue.test/a?b=1",
      id: "from-the-edge",
    })
    const shop = { "x-forwarded-host": "blue.shop.example:8443" }
    expect(await ask(trusted, "::ffff:10.1.2.3", forwarded("/", shop))).toMatchObject({
      url: "https://blue.shop.example:8443/",
    })
  })

  test("the host decides which routes there are", async () => {
    expect(
      await ask(trusted, "10.1.2.3", forwarded("/", { "x-forwarded-host": "blue.shop.example" })),
    ).not.toHaveProperty("host")
    expect(await ask(trusted, "10.1.2.3", forwarded("/", { "x-forwarded-host": "shop.example" }))).toMatchObject({
      host: "shop",
    })
  })

  test("a path that looks like an address stays a path", async () => {
    const seen = await ask(trusted, "10.1.2.3", forwarded("//evil.example/x"))
    expect(seen.url).toBe("https://blue.shop.example//evil.example/x")
  })

  test("a host that is none leaves the one of the request", async () => {
    const seen = await ask(trusted, "10.1.2.3", forwarded("/", { "x-forwarded-host": "evil.example/x?" }))
    expect(seen.url).toBe("https://inside:8080/")
  })

  test("the other header is the caller's own, and says nothing", async () => {
    const both = forwarded("/", { forwarded: "for=198.51.100.7;host=evil.example;proto=http" })
    expect(await ask(trusted, "10.1.2.3", both)).toMatchObject({
      address: "203.0.113.9",
      url: "https://blue.shop.example/",
    })
    const standard = { ...trusted, forwardedHeader: "forwarded" } as const
    expect(await ask(standard, "10.1.2.3", both)).toMatchObject({
      address: "198.51.100.7",
      url: "http://evil.example/",
    })
  })
})

describe("from anybody else", () => {
  test.each<[string, Parameters<typeof createApp>[0], string | undefined]>([
    ["a peer outside the ranges", { trustedProxies: ["10.0.0.0/8"] }, "192.0.2.1"],
    ["no proxies", {}, "192.0.2.1"],
    ["an empty list", { trustedProxies: [] }, "192.0.2.1"],
    ["no hops", { trustedProxies: [0] }, "192.0.2.1"],
    ["a peer without an address", { trustedProxies: ["0.0.0.0/0", "::/0"] }, undefined],
  ])("what is sent is not believed: %s", async (_what, options, peer) => {
    const seen = await ask(options, peer, forwarded())
    expect(seen).toMatchObject({ url: "http://inside:8080/a?b=1" })
    expect(seen.address).toBe(peer as string)
    expect(seen.id).not.toBe("from-the-edge")
  })
})
