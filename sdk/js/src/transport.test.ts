import { describe, expect, test } from "bun:test"
import { AshlarRequestError, isRequestError } from "./errors.ts"
import { backoffMs, createTransport, sleep, type TransportOptions } from "./transport.ts"

/** A server that answers from a list, and counts. */
function scripted(...answers: ((request: Request) => Response | Promise<Response>)[]) {
  const requests: Request[] = []
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch(request) {
      requests.push(request.clone() as Request)
      const answer = answers[Math.min(requests.length, answers.length) - 1]!
      return answer(request)
    },
  })
  return {
    url: server.url.href,
    requests,
    [Symbol.dispose]: () => {
      void server.stop(true)
    },
  }
}

const ok = () => Response.json({ ok: true })
const busy = () =>
  Response.json(
    {
      type: "urn:ashlar:error:SERVER_BUSY",
      title: "Busy",
      status: 503,
      code: "SERVER_BUSY",
      detail: "Busy.",
      requestId: "r1",
    },
    { status: 503, headers: { "retry-after": "0" } },
  )

async function failure(promise: Promise<unknown>): Promise<AshlarRequestError> {
  const error = await promise.then(
    (value) => expect.unreachable(`expected a refusal, got ${JSON.stringify(value)}`),
    (cause: unknown) => cause,
  )
  if (!isRequestError(error)) throw error
  return error
}

describe("an answer", () => {
  test("is parsed JSON, and undefined for 204", async () => {
    using server = scripted(ok, () => new Response(null, { status: 204 }))
    const transport = createTransport({ url: server.url })
    expect(await transport.json<unknown>({ path: "/v1/x" })).toEqual({ ok: true })
    expect(await transport.json<unknown>({ method: "DELETE", path: "/v1/x" })).toBeUndefined()
  })

  test("of a refusal is an error with everything the problem document says", async () => {
    using server = scripted(() =>
      Response.json(
        {
          type: "urn:ashlar:error:HTTP_INVALID",
          title: "Invalid",
          status: 422,
          code: "HTTP_INVALID",
          detail: "One field is wrong.",
          requestId: "req-7",
          details: { expected: 1 },
          errors: [{ in: "body", pointer: "/name", code: "missing", message: "Expected a name" }],
        },
        { status: 422, headers: { "content-type": "application/problem+json", "retry-after": "3" } },
      ),
    )
    const error = await failure(createTransport({ url: server.url }).json({ method: "POST", path: "/", json: {} }))
    expect(error).toBeInstanceOf(AshlarRequestError)
    expect(error).toMatchObject({
      code: "HTTP_INVALID",
      message: "One field is wrong.",
      status: 422,
      requestId: "req-7",
      details: { expected: 1 },
      errors: [{ in: "body", pointer: "/name", code: "missing", message: "Expected a name" }],
      retryAfterMs: 3000,
    })
  })

  test.each([
    ["a page of another program", () => new Response("<html>", { headers: { "content-type": "text/html" } })],
    ["an error page of a proxy", () => new Response("Bad gateway", { status: 502 })],
    ["JSON without a code", () => Response.json({ message: "nope" }, { status: 400 })],
  ])("that is %s is SDK_BAD_RESPONSE", async (_, answer) => {
    using server = scripted(answer)
    const error = await failure(createTransport({ url: server.url, retries: 0 }).json({ path: "/" }))
    expect(error.code).toBe("SDK_BAD_RESPONSE")
    expect(error.message).toContain("Is this the address of an Ashlar server?")
  })

  test("with a status the caller accepts is read, not thrown", async () => {
    using server = scripted(() => Response.json({ status: "down" }, { status: 503 }))
    const transport = createTransport({ url: server.url })
    expect(await transport.json<unknown>({ path: "/health/ready", accept: [503] })).toEqual({ status: "down" })
    expect(server.requests).toHaveLength(1)
  })
})

describe("a request", () => {
  test("carries method, query, JSON body, headers and bearer below the server's path", async () => {
    using server = scripted(ok)
    const transport = createTransport({ url: `${server.url}base/`, authorizer: { bearer: async () => "token" } })
    await transport.json({
      method: "PUT",
      path: "/v1/x",
      query: { limit: 5, follow: true, cursor: undefined },
      json: { a: 1 },
      headers: { "if-match": '"3"', "if-none-match": undefined },
    })
    const request = server.requests[0]!
    expect(new URL(request.url).pathname + new URL(request.url).search).toBe("/base/v1/x?limit=5&follow=true")
    expect(request.method).toBe("PUT")
    expect(request.headers.get("content-type")).toBe("application/json")
    expect(request.headers.get("authorization")).toBe("Bearer token")
    expect(request.headers.get("if-match")).toBe('"3"')
    expect(request.headers.has("if-none-match")).toBe(false)
  })

  test.each([
    ["nothing", ""],
    ["a host only", "localhost:4000"],
    ["another scheme", "ftp://x.org"],
    ["a password", "https://user:secret@x.org"],
  ])("to %s is SDK_BAD_OPTIONS before anything is sent", (_, url) => {
    expect(() => createTransport({ url })).toThrow(expect.objectContaining({ code: "SDK_BAD_OPTIONS" }))
  })

  test.each([-1, 6, 1.5])("with %p retries is refused", (retries) => {
    expect(() => createTransport({ url: "http://x.org", retries })).toThrow(
      expect.objectContaining({ code: "SDK_BAD_OPTIONS" }),
    )
  })
})

describe("trying again", () => {
  test.each([
    ["GET", 3],
    ["POST", 1],
    ["PUT", 1],
    ["DELETE", 1],
    ["HEAD", 1],
  ])("a 503 to %s makes %i tries", async (method, tries) => {
    using server = scripted(busy)
    const send = createTransport({ url: server.url }).send({ method, path: "/" })
    expect((await send).status).toBe(503)
    using counted = scripted(busy)
    const error = await failure(createTransport({ url: counted.url }).json({ method, path: "/" }))
    // A HEAD has no body to find the code in.
    expect(error.code).toBe(method === "HEAD" ? "SDK_BAD_RESPONSE" : "SERVER_BUSY")
    expect(counted.requests).toHaveLength(tries)
  })

  test("a GET succeeds when the server comes back", async () => {
    using server = scripted(busy, busy, ok)
    expect(await createTransport({ url: server.url }).json<unknown>({ path: "/" })).toEqual({ ok: true })
  })

  test.each([400, 401, 404, 429, 500, 502])("a %i is not tried again", async (status) => {
    using server = scripted(() => Response.json({ code: "SERVER_NO", detail: "No." }, { status }))
    await failure(createTransport({ url: server.url }).json({ path: "/" }))
    expect(server.requests).toHaveLength(1)
  })

  test("a server that asks for more patience than the bound is believed at once", async () => {
    using server = scripted(() =>
      Response.json({ code: "SERVER_BUSY", detail: "" }, { status: 503, headers: { "retry-after": "60" } }),
    )
    const error = await failure(createTransport({ url: server.url }).json({ path: "/" }))
    expect(error.retryAfterMs).toBe(60_000)
    expect(server.requests).toHaveLength(1)
  })

  test("waits longer each time, within the bound", () => {
    for (let tried = 0; tried < 12; tried++) {
      const full = Math.min(5000, 200 * 2 ** tried)
      const wait = backoffMs(tried)
      expect(wait).toBeGreaterThanOrEqual(full / 2)
      expect(wait).toBeLessThanOrEqual(full)
    }
  })
})

describe("no answer", () => {
  test("from a closed port is SDK_UNREACHABLE, with the cause kept", async () => {
    const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: ok })
    const url = server.url.href
    await server.stop(true)
    let tries = 0
    const counting: TransportOptions["fetch"] = (input, init) => {
      tries++
      return fetch(input, init)
    }
    const error = await failure(createTransport({ url, fetch: counting }).json({ path: "/" }))
    expect(error).toMatchObject({ code: "SDK_UNREACHABLE", status: 0 })
    expect(error.cause).toBeInstanceOf(Error)
    expect(tries).toBe(3)
  })

  test("within the limit is SDK_TIMEOUT, also when the body stalls", async () => {
    using silent = scripted(() => new Promise<Response>(() => {}))
    using stalling = scripted(
      () => new Response(new ReadableStream({ start: (controller) => controller.enqueue(Buffer.from('{"a":')) })),
    )
    for (const { url } of [silent, stalling]) {
      const error = await failure(createTransport({ url, timeoutMs: 60 }).json({ path: "/" }))
      expect(error.code).toBe("SDK_TIMEOUT")
      expect(error.message).toContain("60 ms")
    }
    expect(silent.requests).toHaveLength(1)
  })

  test("because the caller aborts throws the caller's reason, also while waiting for another try", async () => {
    using silent = scripted(() => new Promise<Response>(() => {}))
    using refusing = scripted(() =>
      Response.json({ code: "SERVER_BUSY", detail: "" }, { status: 503, headers: { "retry-after": "4" } }),
    )
    for (const { url } of [silent, refusing]) {
      const reason = new DOMException("enough", "AbortError")
      const stop = new AbortController()
      setTimeout(() => stop.abort(reason), 40)
      const error = await createTransport({ url })
        .json({ path: "/", signal: stop.signal })
        .catch((e: unknown) => e)
      expect(error).toBe(reason)
    }
  })

  test("sleep ends early with the signal's reason, and at once when it is already aborted", async () => {
    expect(await sleep(10_000, AbortSignal.abort("now")).catch((e: unknown) => e)).toBe("now")
    expect(await sleep(1).then(() => "rested")).toBe("rested")
  })
})

describe("a 401", () => {
  const refuse = () => Response.json({ code: "IDENTITY_TOKEN_EXPIRED", detail: "Old." }, { status: 401 })

  test("renews the bearer once and repeats the request, body included", async () => {
    using server = scripted(refuse, async (request) => Response.json(await request.json()))
    const renewed: string[] = []
    const authorizer = {
      bearer: async () => "old",
      renew: async (refused: string) => {
        renewed.push(refused)
        return "new"
      },
    }
    const transport = createTransport({ url: server.url, authorizer })
    expect(await transport.json<unknown>({ method: "POST", path: "/", json: { a: 1 } })).toEqual({ a: 1 })
    expect(renewed).toEqual(["old"])
    expect(server.requests.map((request) => request.headers.get("authorization"))).toEqual(["Bearer old", "Bearer new"])
  })

  test("that stays a 401 is thrown, after one renewal", async () => {
    using server = scripted(refuse)
    const transport = createTransport({
      url: server.url,
      authorizer: { bearer: async () => "a", renew: async () => "b" },
    })
    expect((await failure(transport.json({ path: "/" }))).code).toBe("IDENTITY_TOKEN_EXPIRED")
    expect(server.requests).toHaveLength(2)
  })

  test("without anything to renew is thrown with the server's code", async () => {
    using server = scripted(refuse)
    for (const authorizer of [{ bearer: async () => "a" }, { bearer: async () => "a", renew: async () => undefined }]) {
      const error = await failure(createTransport({ url: server.url, authorizer }).json({ path: "/" }))
      expect(error.code).toBe("IDENTITY_TOKEN_EXPIRED")
    }
    expect(server.requests).toHaveLength(2)
  })

  test("to a streamed body is not repeated: the stream is spent", async () => {
    using server = scripted(refuse)
    const transport = createTransport({
      url: server.url,
      authorizer: { bearer: async () => "a", renew: async () => "b" },
    })
    await failure(transport.json({ method: "POST", path: "/", body: new Blob(["x"]).stream() }))
    expect(server.requests).toHaveLength(1)
  })
})
