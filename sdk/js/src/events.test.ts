import { describe, expect, test } from "bun:test"
import { type FollowOptions, followEvents, parseEvents, type ServerEvent } from "./events.ts"

const bytes = (text: string) => new TextEncoder().encode(text)

async function* inPieces(text: string, size: number) {
  const all = bytes(text)
  for (let at = 0; at < all.length; at += size) yield all.slice(at, at + size)
}

async function parse(text: string, size = 1_000): Promise<ServerEvent[]> {
  return Array.fromAsync(parseEvents(inPieces(text, size)))
}

describe("the event format", () => {
  const rows: [string, string, ServerEvent[]][] = [
    ["a plain event", "data: a\n\n", [{ event: "message", data: "a", id: undefined }]],
    ["a name and an id", "event: log\nid: 7\ndata: a\n\n", [{ event: "log", data: "a", id: "7" }]],
    ["several data lines", "data: a\ndata:\ndata: c\n\n", [{ event: "message", data: "a\n\nc", id: undefined }]],
    ["CRLF", "data: a\r\ndata: b\r\n\r\n", [{ event: "message", data: "a\nb", id: undefined }]],
    ["CR", "data: a\r\rdata: b\r\r", ["a", "b"].map((data) => ({ event: "message", data, id: undefined }))],
    [
      "one space taken, no more",
      "data:  a\n\ndata:b\n\n",
      [" a", "b"].map((data) => ({ event: "message", data, id: undefined })),
    ],
    [
      "comments and unknown fields",
      ": hi\nretry: 5\nfoo: bar\ndata: a\n\n",
      [{ event: "message", data: "a", id: undefined }],
    ],
    [
      "an id that stays",
      "id: 1\ndata: a\n\ndata: b\n\n",
      ["a", "b"].map((data) => ({ event: "message", data, id: "1" })),
    ],
    ["an id with NUL ignored", "id: 1\u0000\ndata: a\n\n", [{ event: "message", data: "a", id: undefined }]],
    ["no data, no event", "event: log\n\nid: 3\n\n", []],
    ["half an event at the end", "data: a\n\ndata: b\n", [{ event: "message", data: "a", id: undefined }]],
    [
      "a byte order mark and wide text",
      "\ufeffdata: ü 字 😀\n\n",
      [{ event: "message", data: "ü 字 😀", id: undefined }],
    ],
  ]
  for (const [name, text, expected] of rows) {
    test(`${name}, however the bytes are cut`, async () => {
      for (const size of [1, 2, 3, 7, 1_000]) expect(await parse(text, size)).toEqual(expected)
    })
  }

  test("an event without end is refused at a bound", async () => {
    async function* endless() {
      for (let n = 0; n < 10; n++) yield bytes("a".repeat(1024 * 1024))
    }
    const error = await Array.fromAsync(parseEvents(endless())).catch((cause: unknown) => cause)
    expect(error).toMatchObject({ code: "SDK_BAD_RESPONSE" })
  })
})

const stream = (text: string, end = true) =>
  new Response(
    new ReadableStream({
      start(controller) {
        controller.enqueue(bytes(text))
        if (end) controller.close()
      },
    }),
    { headers: { "content-type": "text/event-stream" } },
  )

const problem = (status: number, code: string) =>
  Response.json({ code, detail: "No." }, { status, headers: { "content-type": "application/problem+json" } })

function scripted(answers: (() => Response)[]) {
  const resumed: (string | undefined)[] = []
  const open: FollowOptions["open"] = async (lastEventId) => {
    resumed.push(lastEventId)
    return (answers[resumed.length - 1] ?? answers.at(-1)!)()
  }
  return { resumed, open }
}

describe("following", () => {
  test("resumes a lost stream after the last event, without pings and without a gap", async () => {
    const { open, resumed } = scripted([
      () => stream("id: 1\ndata: a\n\nevent: ping\ndata: \n\nid: 2\ndata: b\n\ndata: ha"),
      () => problem(503, "SERVER_BUSY"),
      () => stream("id: 3\ndata: c\n\n"),
      () => stream("", false),
    ])
    const seen: string[] = []
    for await (const event of followEvents({ open, lastEventId: "0" })) {
      seen.push(event.data)
      if (seen.length === 3) break
    }
    expect(seen).toEqual(["a", "b", "c"])
    expect(resumed).toEqual(["0", "2", "2"])
  })

  test.each([
    ["a refusal", () => problem(404, "FUNCTIONS_NOT_FOUND"), "FUNCTIONS_NOT_FOUND"],
    ["an answer that is no stream", () => Response.json({}), "SDK_BAD_RESPONSE"],
  ])("throws %s at once", async (_, answer, code) => {
    const { open, resumed } = scripted([answer])
    const error = await Array.fromAsync(followEvents({ open })).catch((cause: unknown) => cause)
    expect(error).toMatchObject({ code })
    expect(resumed).toHaveLength(1)
  })

  test("gives up after so many failures in a row", async () => {
    const { open, resumed } = scripted([() => problem(503, "SERVER_BUSY")])
    const error = await Array.fromAsync(followEvents({ open, maxTries: 2 })).catch((cause: unknown) => cause)
    expect(error).toMatchObject({ code: "SERVER_BUSY" })
    expect(resumed).toHaveLength(2)
  })

  test("takes a silent connection for dead, and opens another", async () => {
    const { open, resumed } = scripted([
      () => stream("id: 5\ndata: a\n\n", false),
      () => stream("id: 6\ndata: b\n\n", false),
    ])
    const seen: string[] = []
    for await (const { data } of followEvents({ open, idleMs: 30 })) {
      seen.push(data)
      if (data === "b") break
    }
    expect(seen).toEqual(["a", "b"])
    expect(resumed).toEqual([undefined, "5"])
  })

  test("ends quietly when the caller aborts, while it waits and while it reads", async () => {
    for (const answer of [() => stream("data: a\n\n", false), () => problem(503, "SERVER_BUSY")]) {
      const { open } = scripted([answer])
      const stop = new AbortController()
      setTimeout(() => stop.abort(), 40)
      const opened: FollowOptions["open"] = async (id, signal) => {
        const response = await open(id, signal)
        // A real fetch breaks its body when its signal aborts.
        signal.addEventListener("abort", () => void response.body?.cancel().catch(() => {}))
        return response
      }
      const events = await Array.fromAsync(followEvents({ open: opened, signal: stop.signal, idleMs: 200 }))
      expect(events.length).toBeLessThanOrEqual(1)
    }
  })

  test("hangs up when the caller stops iterating", async () => {
    let cancelled = 0
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(bytes("data: a\n\n")),
      cancel() {
        cancelled++
      },
    })
    const open = async () => new Response(body, { headers: { "content-type": "text/event-stream" } })
    for await (const _ of followEvents({ open })) break
    await Bun.sleep(1)
    expect(cancelled).toBe(1)
  })
})
