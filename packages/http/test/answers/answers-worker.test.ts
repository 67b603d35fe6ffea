import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { join } from "node:path"
import { startWorkerd, type Workerd } from "@ashlar/http/testing/workerd"
import { parseEvents } from "./event-source.ts"

describe("answers in workerd", () => {
  let workerd: Workerd
  const ask = (path: string, init?: RequestInit): Promise<Response> => fetch(`${workerd.url}${path}`, init)
  beforeAll(async () => {
    workerd = await startWorkerd({ entry: join(import.meta.dir, "answers-worker.ts") })
  })
  afterAll(() => workerd.stop())

  test("events come one by one, after the last that was got", async () => {
    const response = await ask("/events", { headers: { "last-event-id": "1" } })
    expect(response.headers.get("content-type")).toBe("text/event-stream")
    const pieces: string[] = []
    for await (const piece of response.body!) pieces.push(new TextDecoder().decode(piece))
    expect(pieces.length).toBeGreaterThan(1)
    expect(parseEvents(pieces.join("")).events.map(({ data }) => data)).toEqual(['{"n":2}', '{"n":3}'])
  })
  test("lines go both ways", async () => {
    expect(await (await ask("/rows")).text()).toBe('1\n{"a":2}\nnull\n')
    const headers = { "content-type": "application/x-ndjson" }
    expect(await (await ask("/rows", { method: "POST", body: "1\n2\n3", headers })).json()).toBe(6)
  })
  test("a tag is made, and known again", async () => {
    const first = await ask("/text", { headers: { "accept-encoding": "identity" } })
    const tag = first.headers.get("etag")!
    expect(tag).toMatch(/^"[\w-]{22}"$/)
    expect((await ask("/text", { headers: { "if-none-match": tag } })).status).toBe(304)
  })
  test("compression is left to the platform", async () => {
    const response = await ask("/text", { headers: { "accept-encoding": "gzip" } })
    expect([response.headers.get("vary"), (await response.text()).length]).toEqual(["accept-encoding", 2800])
  })
  test("a signed cookie comes back", async () => {
    const first = await ask("/count")
    const cookie = first.headers.getSetCookie()[0]!.split(";")[0]!
    expect(await (await ask("/count", { headers: { cookie } })).json()).toEqual({ count: 2 })
    expect(await (await ask("/count", { headers: { cookie: cookie.replace("=1.", "=7.") } })).json()).toEqual({
      count: 1,
    })
  })
  test("a value is formatted as its caller wants it", async () => {
    expect(await (await ask("/formats", { headers: { accept: "text/csv" } })).text()).toBe("1,2")
    expect((await ask("/formats", { headers: { accept: "image/png" } })).status).toBe(406)
  })
})
