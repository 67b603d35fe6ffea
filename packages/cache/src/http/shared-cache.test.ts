import { describe, expect, test } from "bun:test"
import { openCache } from "../open-cache.ts"
import { converse, type Fields, says, URL_A } from "../testing/conversation.ts"
import { createSharedCache } from "./index.ts"

describe("a shared cache", () => {
  test("takes away what is of one connection, and says how it came to its answer", async () => {
    const { turn } = converse()
    const headers = {
      "cache-control": "max-age=60",
      connection: "close, x-hop",
      "x-hop": "1",
      "keep-alive": "timeout=5",
      "x-end": "2",
    }
    const first = await turn({ origin: { headers }, expect: "forwarded" })
    const second = await turn({ after: 10, expect: "hit" })
    for (const answer of [first, second])
      expect(["connection", "x-hop", "keep-alive", "x-end"].map((name) => answer!.headers.get(name))).toEqual([
        null,
        null,
        null,
        "2",
      ])
    expect([first, second].map((answer) => answer!.headers.get("cache-status"))).toEqual([
      "ashlar; fwd=miss; stored",
      "ashlar; hit; ttl=50",
    ])
  })
  test("asks the origin once for all who ask at once, and never gives them what was made for another", async () => {
    const { shared, seen } = converse()
    const slow = (headers: Fields) => async (request: Request) => {
      seen.push(request)
      await Bun.sleep(10)
      return new Response(`for ${request.headers.get("foo")}`, { headers: { "content-length": "5", ...headers } })
    }
    const ask = (foo: string, headers: Fields) =>
      shared.handle(new Request(URL_A, { headers: { foo } }), slow(headers)).then((answer) => answer.text())
    expect(await Promise.all(["1", "1", "1"].map((foo) => ask(foo, { "cache-control": "max-age=60" })))).toEqual([
      "for 1",
      "for 1",
      "for 1",
    ])
    expect(seen).toHaveLength(1)
    await shared.purgeUrl(URL_A)
    await Bun.sleep(2)
    for (const headers of [{ "cache-control": "private" }, { "cache-control": "max-age=60", vary: "foo" }] as Fields[])
      expect(await Promise.all(["1", "2", "3"].map((foo) => ask(foo, headers)))).toEqual(["for 1", "for 2", "for 3"])
  })
  test("keeps nothing that was on its way while it was changed", async () => {
    const { shared, clock, turn } = converse()
    const reading = shared.handle(new Request(URL_A), async () => {
      await shared.handle(new Request(URL_A, { method: "PUT" }), async () => new Response(null, { status: 204 }))
      return new Response("old", { headers: { "cache-control": "max-age=60", "content-length": "3" } })
    })
    expect(await (await reading).text()).toBe("old")
    clock.advance(1)
    await turn({ origin: says("max-age=60"), expect: "forwarded" })
  })
  test.each<[string, () => Response]>([
    ["is cut short", () => new Response("half", { headers: { "cache-control": "max-age=60", "content-length": "8" } })],
    ["breaks off", () => new Response(broken(), { headers: { "cache-control": "max-age=60" } })],
    [
      "is too large",
      () => new Response("x".repeat(101), { headers: { "cache-control": "max-age=60", "content-length": "101" } }),
    ],
    [
      "turns out too large",
      () => new Response(new Blob(["x".repeat(101)]).stream(), { headers: { "cache-control": "max-age=60" } }),
    ],
  ])("does not keep a body that %s", async (_what, make) => {
    const { shared, turn } = converse({ maxBodyBytes: 100 })
    await shared
      .handle(new Request(URL_A), async () => make())
      .then((answer) => answer.text())
      .catch(() => undefined)
    await turn({ origin: says("max-age=60"), expect: "forwarded" })
  })
  test("gives a body of unknown length as it comes, and keeps it when it has ended", async () => {
    const { shared, turn } = converse()
    let end = (): void => undefined
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(new TextEncoder().encode("first "))
        end = () => {
          controller.enqueue(new TextEncoder().encode("last"))
          controller.close()
        }
      },
    })
    const answer = await shared.handle(
      new Request(URL_A),
      async () => new Response(stream, { headers: { "cache-control": "max-age=60" } }),
    )
    const reader = answer.body!.getReader()
    expect(new TextDecoder().decode((await reader.read()).value)).toBe("first ")
    end()
    while (!(await reader.read()).done);
    await turn({ expect: "hit", body: "first last" })
  })
  test("drops what is purged, by its URL or its tags", async () => {
    const { shared, turn } = converse({ tagsOf: (response) => response.headers.get("cache-tag")?.split(" ") ?? [] })
    const origin = says("max-age=60", { "cache-tag": "news sports" })
    await turn({ origin, expect: "forwarded" })
    await shared.purge("weather")
    await turn({ expect: "hit" })
    await shared.purge("sports")
    await turn({ expect: "forwarded" })
    await shared.purgeUrl(`${URL_A}?other`)
    await turn({ expect: "hit" })
    await shared.purgeUrl(URL_A)
    await turn({ expect: "forwarded" })
  })
  test("goes on without its cache", async () => {
    const errors: unknown[] = []
    const cache = openCache("redis://127.0.0.1:1?connectTimeoutMs=200")
    const shared = createSharedCache({ cache, onError: (error) => errors.push(error) })
    const answer = await shared.handle(
      new Request(URL_A),
      async () => new Response("x", { headers: { "cache-control": "max-age=60", "content-length": "1" } }),
    )
    expect([await answer.text(), errors]).toEqual(["x", [expect.objectContaining({ code: "CACHE_STORE_FAILED" })]])
  })
})

function broken(): ReadableStream<Uint8Array> {
  let pulls = 0
  return new ReadableStream({
    pull(controller) {
      if (pulls++ === 0) controller.enqueue(new TextEncoder().encode("half"))
      else controller.error(new RangeError("the origin went away"))
    },
  })
}
