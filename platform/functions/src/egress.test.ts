import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import type { AshlarError } from "@ashlar/core"
import { type ConnectInit, type ConnectTarget, createConnect, type Resolve } from "@ashlar/http/outbound"
import { createEgress, type EgressRequest } from "./egress.ts"
import { parseGrants } from "./grants.ts"
import { testCertificate } from "./testing/certificate.ts"

const PUBLIC = "93.184.216.34"

interface Hop {
  readonly target: ConnectTarget
  readonly init: ConnectInit
}

/** A world of hosts: what their names resolve to, and what they answer. */
function world(
  answer: (hop: Hop) => Response | Promise<Response> = () => new Response("ok"),
  resolve: Resolve = async () => [PUBLIC],
) {
  const hops: Hop[] = []
  const egress = createEgress({
    resolve,
    connect: async (target, init) => {
      const hop = { target, init }
      hops.push(hop)
      return answer(hop)
    },
  })
  const request = (url: string, more: Partial<EgressRequest> & { egress?: string[] } = {}) =>
    egress.fetch({
      url,
      method: "GET",
      headers: [],
      body: null,
      redirect: "follow",
      grants: parseGrants(more.egress ?? ["api.example.com", "other.example.com"]),
      signal: new AbortController().signal,
      ...more,
    })
  const code = async (url: string, more: Parameters<typeof request>[1] = {}): Promise<string> => {
    try {
      await request(url, more)
      return "none"
    } catch (error) {
      return (error as AshlarError).code
    }
  }
  return { hops, request, code }
}

const redirect = (location: string, status = 302) => new Response(null, { status, headers: { location } })

test("a granted host is reached at an address that was checked, under its name", async () => {
  const { hops, request } = world()
  const { url, redirected, response } = await request("https://api.example.com:443/a?b=c#d")
  expect([url, redirected, await response.text()]).toEqual(["https://api.example.com/a?b=c#d", false, "ok"])
  expect(hops[0]!.target).toEqual({
    protocol: "https:",
    address: PUBLIC,
    port: 443,
    host: "api.example.com",
    path: "/a?b=c",
  })
})

describe("nothing is connected to", () => {
  const literals = [
    "http://127.0.0.1/",
    "http://2130706433/",
    "http://0x7f.1/",
    "http://0177.0.0.1/",
    "http://127.1/",
    "http://１２７.0.0.1/",
    "http://127。0。0。1/",
    "http://[::1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://169.254.169.254/latest/meta-data",
    "http://[fe80::1]/",
    "http://0.0.0.0/",
    "http://10.0.0.5:8080/",
  ]

  test.each(literals)("for %s, without a grant", async (url) => {
    const { hops, code } = world()
    expect([await code(url), hops.length]).toEqual(["FUNCTIONS_EGRESS_NOT_GRANTED", 0])
  })

  test.each(literals)("for %s, even when the manifest grants it", async (url) => {
    const { hops, code } = world()
    const { hostname, port } = new URL(url)
    const granted = [`${hostname}${port === "" ? "" : `:${port}`}`]
    expect([await code(url, { egress: granted }), hops.length]).toEqual(["FUNCTIONS_EGRESS_PRIVATE", 0])
  })

  test.each<[string, string[], string]>([
    ["a name that resolves to this machine", ["127.0.0.1"], "FUNCTIONS_EGRESS_PRIVATE"],
    ["a name that resolves to the metadata service", ["169.254.169.254"], "FUNCTIONS_EGRESS_PRIVATE"],
    ["a name with one private address among public ones", [PUBLIC, "10.0.0.1"], "FUNCTIONS_EGRESS_PRIVATE"],
    ["a name with a private IPv6 address", ["fd00::1"], "FUNCTIONS_EGRESS_PRIVATE"],
    ["a name with a mapped IPv4 address", ["::ffff:93.184.216.34"], "FUNCTIONS_EGRESS_PRIVATE"],
    ["a name that has no address", [], "FUNCTIONS_EGRESS_FAILED"],
  ])("for %s", async (_name, addresses, expected) => {
    const { hops, code } = world(undefined, async () => addresses)
    expect([await code("https://api.example.com/"), hops.length]).toEqual([expected, 0])
  })

  test.each<[string, string]>([
    ["ftp://api.example.com/", "FUNCTIONS_EGRESS_INVALID"],
    ["file:///etc/passwd", "FUNCTIONS_EGRESS_INVALID"],
    ["unix:/run/x.sock", "FUNCTIONS_EGRESS_INVALID"],
    ["https://user:password@api.example.com/", "FUNCTIONS_EGRESS_INVALID"],
    ["nonsense", "FUNCTIONS_EGRESS_INVALID"],
    ["https://unknown.example.com/", "FUNCTIONS_EGRESS_NOT_GRANTED"],
  ])("for %s", async (url, expected) => {
    const { hops, code } = world()
    expect([await code(url), hops.length]).toEqual([expected, 0])
  })

  test("when the resolver fails", async () => {
    const { code } = world(undefined, async () => {
      throw new TypeError("SERVFAIL")
    })
    expect(await code("https://api.example.com/")).toBe("FUNCTIONS_EGRESS_FAILED")
  })
})

test("a name that changes its mind is asked once per hop, and the connection goes where the check was", async () => {
  const answers = [[PUBLIC], ["127.0.0.1"]]
  let asked = 0
  const { hops, request, code } = world(undefined, async () => answers[asked++] ?? [])
  await request("https://api.example.com/")
  expect([asked, hops[0]!.target.address]).toEqual([1, PUBLIC])
  expect(await code("https://api.example.com/")).toBe("FUNCTIONS_EGRESS_PRIVATE")
  expect(hops.length).toBe(1)
})

test("when one address cannot be reached, the next is tried, except for a body that can be sent once", async () => {
  const { hops, request, code } = world(
    ({ target }) => {
      if (target.address === "2606:4700::1111") throw new TypeError("ENETUNREACH")
      return new Response("ok")
    },
    async () => ["2606:4700::1111", PUBLIC],
  )
  await request("https://api.example.com/")
  expect(hops.map((hop) => hop.target.address)).toEqual(["2606:4700::1111", PUBLIC])
  expect(await code("https://api.example.com/", { method: "POST", body: new Response("x").body })).toBe(
    "FUNCTIONS_EGRESS_FAILED",
  )
})

describe("a redirect", () => {
  test.each<[string, string]>([
    ["http://169.254.169.254/", "FUNCTIONS_EGRESS_NOT_GRANTED"],
    ["http://127.0.0.1:5432/", "FUNCTIONS_EGRESS_NOT_GRANTED"],
    ["https://unknown.example.com/", "FUNCTIONS_EGRESS_NOT_GRANTED"],
    ["file:///etc/passwd", "FUNCTIONS_EGRESS_INVALID"],
    ["https://a:b@other.example.com/", "FUNCTIONS_EGRESS_INVALID"],
  ])("to %s is not followed", async (location, expected) => {
    const { hops, code } = world(() => redirect(location))
    expect([await code("https://api.example.com/"), hops.length]).toEqual([expected, 1])
  })

  test("to another granted host is followed, without the credentials of the first", async () => {
    const { hops, request } = world(({ target }) =>
      target.host === "api.example.com" ? redirect("https://other.example.com/next?x=1") : new Response("there"),
    )
    const headers: [string, string][] = [
      ["authorization", "Bearer s"],
      ["cookie", "a=b"],
      ["x-kept", "1"],
    ]
    const { url, redirected } = await request("https://api.example.com/", { headers })
    expect([url, redirected]).toEqual(["https://other.example.com/next?x=1", true])
    expect(hops.map((hop) => [...hop.init.headers.keys()])).toEqual([["authorization", "cookie", "x-kept"], ["x-kept"]])
  })

  test("on the same host keeps them, unless it goes from https to http", async () => {
    const headers: [string, string][] = [["authorization", "Bearer s"]]
    const kept = world(({ target }) => (target.path === "/" ? redirect("/two") : new Response("")))
    await kept.request("https://api.example.com/", { headers })
    expect(kept.hops[1]!.init.headers.get("authorization")).toBe("Bearer s")
    const lost = world(({ target }) =>
      target.protocol === "https:" ? redirect("http://api.example.com/") : new Response(""),
    )
    await lost.request("https://api.example.com/", { headers })
    expect(lost.hops[1]!.init.headers.has("authorization")).toBe(false)
  })

  test.each<[number, string, string, string | null]>([
    [301, "POST", "GET", null],
    [302, "POST", "GET", null],
    [303, "PUT", "GET", null],
    [302, "PUT", "PUT", "body"],
    [307, "POST", "POST", "body"],
    [308, "DELETE", "DELETE", "body"],
    [303, "HEAD", "HEAD", "body"],
  ])("%d of %s goes on as %s", async (status, method, expected, bodyLeft) => {
    const { hops, request } = world(({ target }) => (target.path === "/" ? redirect("/two", status) : new Response("")))
    await request("https://api.example.com/", {
      method,
      body: Buffer.from("body"),
      headers: [["content-type", "text/plain"]],
    })
    const { init } = hops[1]!
    expect([init.method, init.body === null ? null : String(init.body)]).toEqual([expected, bodyLeft])
    expect(init.headers.has("content-type")).toBe(bodyLeft !== null)
  })

  test("goes round ten times at most, is given back when asked for, and refused when unwanted", async () => {
    const { hops, code, request } = world(() => redirect("/again"))
    expect([await code("https://api.example.com/"), hops.length]).toEqual(["FUNCTIONS_EGRESS_REDIRECTS", 11])
    expect((await request("https://api.example.com/", { redirect: "manual" })).response.status).toBe(302)
    expect(await code("https://api.example.com/", { redirect: "error" })).toBe("FUNCTIONS_EGRESS_REDIRECTS")
  })

  test("of a streamed body that must be sent again is refused", async () => {
    const { code } = world(() => redirect("/two", 307))
    expect(await code("https://api.example.com/", { method: "POST", body: new Response("x").body })).toBe(
      "FUNCTIONS_EGRESS_REDIRECTS",
    )
  })
})

test("headers of the connection are the platform's", async () => {
  const { hops, request } = world()
  const names = [
    "Host",
    "Connection",
    "Transfer-Encoding",
    "Content-Length",
    "Upgrade",
    "Proxy-Authorization",
    "TE",
    "Keep-Alive",
    "X-Mine",
  ]
  await request("https://api.example.com/", { headers: names.map((name) => [name, "1"]) })
  expect([...hops[0]!.init.headers.keys()]).toEqual(["x-mine"])
})

test("a header with a line break is refused", async () => {
  const { hops, code } = world()
  expect(await code("https://api.example.com/", { headers: [["x-a", "1\r\nhost: evil"]] })).not.toBe("none")
  expect(hops.length).toBe(0)
})

describe("the connection", () => {
  let upstream: ReturnType<typeof Bun.serve>
  let secure: ReturnType<typeof Bun.serve>
  beforeAll(() => {
    const answer = (request: Request) =>
      new Response(JSON.stringify([...request.headers]), { headers: { "content-encoding": "identity" } })
    upstream = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: answer })
    secure = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: answer,
      tls: { key: testCertificate.key, cert: testCertificate.certificate },
    })
  })
  afterAll(async () => {
    await upstream.stop(true)
    await secure.stop(true)
  })
  const init = (): ConnectInit => ({
    method: "GET",
    headers: new Headers({ "x-a": "1" }),
    body: null,
    signal: AbortSignal.timeout(5000),
  })
  const target = (protocol: "http:" | "https:", host: string): ConnectTarget => ({
    protocol,
    address: "127.0.0.1",
    port: protocol === "http:" ? upstream.port! : secure.port!,
    host,
    path: "/",
  })

  test("goes to the address and names the host", async () => {
    const response = await createConnect()(target("http:", "api.example.com"), init())
    const headers = new Headers((await response.json()) as [string, string][])
    expect(headers.get("host")).toBe(`api.example.com:${upstream.port}`)
    expect(headers.get("x-a")).toBe("1")
  })

  test("goes past a proxy that the environment names", async () => {
    process.env.http_proxy = "http://127.0.0.1:9"
    try {
      expect((await createConnect()(target("http:", "api.example.com"), init())).status).toBe(200)
    } finally {
      delete process.env.http_proxy
    }
  })

  test("proves the name by the certificate, whatever the address", async () => {
    const connect = createConnect([testCertificate.certificate])
    expect((await connect(target("https:", testCertificate.host), init())).status).toBe(200)
    expect(connect(target("https:", "other.example.com"), init())).rejects.toThrow()
  })

  test("trusts no certificate that the machine does not", async () => {
    expect(createConnect()(target("https:", testCertificate.host), init())).rejects.toThrow()
  })
})
