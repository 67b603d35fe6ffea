import { expect, test } from "bun:test"
import { createApp, Reply } from "@ashlar/http"
import { concurrencyLimit } from "./concurrency-limit.ts"

test("each client has so many at a time, until the last piece of an answer", async () => {
  let go = Promise.withResolvers<void>()
  const limit = concurrencyLimit({ max: 2, by: ({ headers }) => headers.get("x-user") ?? undefined })
  const app = createApp({ layers: [limit], onError: () => undefined })
  app.get("/", async () => {
    await go.promise
    return "done"
  })
  app.get("/broken", async () => {
    await go.promise
    throw new TypeError("broken")
  })
  async function* pieces(): AsyncGenerator<string> {
    yield "a"
    await go.promise
    yield "b"
  }
  app.get("/stream", () => new Reply(200, pieces(), "text/plain"))
  const ask = (path: string, user: string) =>
    app.fetch(new Request(`https://x.test${path}`, { headers: { "x-user": user } }))

  for (const path of ["/", "/broken", "/stream"]) {
    go = Promise.withResolvers()
    const going = [ask(path, "ada"), ask(path, "ada")]
    const stream = path === "/stream" ? (await Promise.all(going)).map((answer) => answer.text()) : []
    const refused = await ask(path, "ada")
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "1"])
    const other = ask(path, "eve")
    go.resolve()
    expect((await other).status).not.toBe(429)
    await Promise.all([...going, ...stream, other.then((answer) => answer.text())])
    const deadline = Date.now() + 20_000
    let status = 429
    while (status === 429 && Date.now() < deadline) {
      const answer = await ask(path, "ada")
      await answer.text()
      status = answer.status
      await Bun.sleep(5)
    }
    expect(status).toBe(path === "/broken" ? 500 : 200)
  }
})

test("needs a number that can be", () => {
  for (const max of [0, 1.5, 100_001])
    expect(() => concurrencyLimit({ max })).toThrow(expect.objectContaining({ code: "SECURITY_LIMIT_INVALID" }))
})
