import { afterAll, describe, expect, test } from "bun:test"
import type { Connect, ConnectTarget } from "@ashlar/http/outbound"
import { createSafeFetch, type SafeFetchOptions } from "./safe-fetch.ts"

const code = (name: string) => expect.objectContaining({ code: name })
const REFUSED = code("SECURITY_FETCH_REFUSED")
const PUBLIC = "93.184.216.34"

interface Sent extends ConnectTarget {
  readonly method: string
  readonly headers: Record<string, string>
  readonly body: string | null
}

/** A net of names and answers, and all that was sent into it. */
function net(
  names: Record<string, readonly string[]>,
  answer: (sent: Sent) => Response,
  options: SafeFetchOptions = {},
) {
  const sent: Sent[] = []
  const connect: Connect = async (target, init) => {
    const body = init.body === null ? null : new TextDecoder().decode(init.body as Uint8Array)
    const one = { ...target, method: init.method, headers: Object.fromEntries(init.headers), body }
    sent.push(one)
    return answer(one)
  }
  const resolve = async (host: string) => names[host] ?? []
  return { sent, fetchSafely: createSafeFetch({ connect, resolve, ...options }) }
}

const moved = (location: string, status = 302) => new Response(null, { status, headers: { location } })

describe("no connection is made", () => {
  const names = {
    "good.test": [PUBLIC],
    "rebind.test": ["127.0.0.1"],
    "half.test": [PUBLIC, "10.0.0.1"],
    "meta.test": ["169.254.169.254"],
    "six.test": ["::ffff:127.0.0.1"],
    "nat.test": ["64:ff9b::7f00:1"],
    "odd.test": ["localhost"],
  }
  const urls = [
    "http://good.test/",
    "ftp://good.test/",
    "file:///etc/passwd",
    "gopher://good.test/",
    "data:text/plain,x",
    "javascript:1",
    "https://",
    "https://user:pass@good.test/",
    "https://user@good.test/",
    "https://good.test:22/",
    "https://good.test:6379/",
    "https://127.0.0.1/",
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0177.0.0.1/",
    "https://%E2%91%A0%E2%91%A1%E2%91%A6.0.0.1/",
    "https://0/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[fd00::1]/",
    "https://169.254.169.254/latest/meta-data/",
    "https://rebind.test/",
    "https://half.test/",
    "https://meta.test/",
    "https://six.test/",
    "https://nat.test/",
    "https://odd.test/",
    `https://good.test/${"x".repeat(9_000)}`,
  ]
  test.each(urls)("for %s, nor when it is redirected to", async (url) => {
    const { sent, fetchSafely } = net(names, () => moved(url))
    expect(await fetchSafely(url).catch((error) => error)).toEqual(REFUSED)
    expect(sent).toHaveLength(0)
    expect(await fetchSafely("https://good.test/").catch((error) => error)).toEqual(REFUSED)
    expect(sent).toHaveLength(1)
  })
  test("for a name that nobody has", async () => {
    const { fetchSafely } = net(names, () => new Response())
    expect(await fetchSafely("https://nobody.test/").catch((error) => error)).toEqual(code("SECURITY_FETCH_FAILED"))
  })
  test("beside the hosts that are named", async () => {
    const hosts = {
      "good.test": [PUBLIC],
      "a.good.test": [PUBLIC],
      "evilgood.test": [PUBLIC],
      "rebind.test": ["127.0.0.1"],
    }
    const { fetchSafely } = net(hosts, () => new Response("ok"), { hosts: ["*.good.test", "rebind.test"] })
    expect((await fetchSafely("https://a.good.test/")).status).toBe(200)
    for (const host of ["good.test", "evilgood.test", "a.good.test.evil.test", "rebind.test"])
      expect(await fetchSafely(`https://${host}/`).catch((error) => error)).toEqual(REFUSED)
  })
})

test("the connection goes to the address that was checked, whatever the name means next", async () => {
  let asked = 0
  const resolve = async () => (++asked === 1 ? [PUBLIC] : ["127.0.0.1"])
  const { sent, fetchSafely } = net({}, () => new Response("ok"), { resolve })
  await fetchSafely("https://rebind.test/a?b#c")
  expect([asked, sent[0]]).toMatchObject([1, { address: PUBLIC, host: "rebind.test", port: 443, path: "/a?b" }])
  expect(await fetchSafely("https://rebind.test/").catch((error) => error)).toEqual(REFUSED)
})

test("another address is tried where the first is not reached, but not for what may have been done", async () => {
  const names = { "good.test": [PUBLIC, "93.184.216.35"] }
  const { sent, fetchSafely } = net(names, ({ address }) => {
    if (address === PUBLIC) throw new TypeError("unreachable")
    return new Response("ok")
  })
  expect(await (await fetchSafely("https://good.test/")).text()).toBe("ok")
  expect(await fetchSafely("https://good.test/", { method: "POST", body: "x" }).catch((error) => error)).toEqual(
    code("SECURITY_FETCH_FAILED"),
  )
  expect(sent.map(({ address }) => address)).toEqual([PUBLIC, "93.184.216.35", PUBLIC])
})

describe("a redirect", () => {
  const names = { "a.test": [PUBLIC], "b.test": [PUBLIC] }
  const headers = {
    authorization: "secret",
    Cookie: "secret",
    "x-kept": "1",
    host: "evil.test",
    "transfer-encoding": "chunked",
  }
  test("to another origin gets no secrets", async () => {
    const { sent, fetchSafely } = net(names, ({ host }) =>
      host === "a.test" ? moved("https://b.test/") : new Response("ok"),
    )
    await fetchSafely("https://a.test/", { headers })
    expect(sent.map((one) => Object.keys(one.headers).sort())).toEqual([
      ["authorization", "cookie", "x-kept"],
      ["x-kept"],
    ])
  })
  test("within one keeps them", async () => {
    const { sent, fetchSafely } = net(names, ({ path }) => (path === "/" ? moved("/next") : new Response("ok")))
    await fetchSafely("https://a.test/", { headers })
    expect(sent.map((one) => one.headers.authorization)).toEqual(["secret", "secret"])
  })
  test.each([
    [301, "GET", null],
    [302, "GET", null],
    [303, "GET", null],
    [307, "POST", "x"],
    [308, "POST", "x"],
  ])("of %d after a POST is a %s", async (status, method, body) => {
    const { sent, fetchSafely } = net(names, ({ path }) => (path === "/" ? moved("/next", status) : new Response("ok")))
    await fetchSafely("https://a.test/", { method: "POST", body: "x", headers: { "content-type": "text/plain" } })
    expect([sent[1]?.method, sent[1]?.body, sent[1]?.headers["content-type"] !== undefined]).toEqual([
      method,
      body,
      body !== null,
    ])
  })
  test("that does not end is refused, and none is followed where none may be", async () => {
    const { sent, fetchSafely } = net(names, () => moved("/"))
    expect(await fetchSafely("https://a.test/").catch((error) => error)).toEqual(REFUSED)
    expect(sent).toHaveLength(6)
    const none = net(names, () => moved("/"), { maxRedirects: 0 })
    expect((await none.fetchSafely("https://a.test/")).status).toBe(302)
  })
})

describe("an answer", () => {
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: ({ url }) => {
      if (url.endsWith("/slow")) return new Promise<Response>(() => undefined)
      if (url.endsWith("/long")) return new Response("x".repeat(2_000))
      if (url.endsWith("/endless"))
        return new Response(new ReadableStream({ pull: (to) => to.enqueue(new Uint8Array(500)) }))
      return new Response("ok")
    },
  })
  afterAll(() => server.stop(true))
  const port = server.port ?? 0
  const own = {
    allowHttp: true,
    ports: [port],
    resolve: async () => ["127.0.0.1"],
    maxBodyBytes: 1_000,
    timeoutMs: 500,
  }
  const fetchOwn = createSafeFetch({ ...own, allowAddress: (address) => address === "127.0.0.1" })
  const at = (path: string) => `http://local.test:${port}${path}`

  test("comes over a real socket where the address is allowed, and not else", async () => {
    expect(await (await createSafeFetch({ ...own, timeoutMs: 30_000, allowAddress: () => true })(at("/"))).text()).toBe(
      "ok",
    )
    expect(await createSafeFetch(own)(at("/")).catch((error) => error)).toEqual(REFUSED)
  })
  test("that is too long breaks off, said or not", async () => {
    const fetchLong = createSafeFetch({ ...own, timeoutMs: 30_000, allowAddress: () => true })
    expect(await fetchLong(at("/long")).catch((error) => error)).toEqual(code("SECURITY_FETCH_TOO_LARGE"))
    const endless = await fetchLong(at("/endless"))
    expect(await endless.text().catch((error) => error)).toEqual(code("SECURITY_FETCH_TOO_LARGE"))
  })
  test("that does not come in time is given up", async () => {
    expect(await fetchOwn(at("/slow")).catch((error) => error)).toEqual(code("SECURITY_FETCH_TIMEOUT"))
  })
})

test("what cannot be is refused when it is made", () => {
  for (const wrong of [
    { maxRedirects: 21 },
    { maxBodyBytes: 0 },
    { timeoutMs: 0 },
    { ports: [0] },
    { hosts: ["*"] },
    { hosts: ["https://a.test"] },
  ])
    expect(() => createSafeFetch(wrong)).toThrow(code("SECURITY_FETCH_OPTION_INVALID"))
})
