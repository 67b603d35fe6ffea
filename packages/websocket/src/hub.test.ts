import { describe, expect, test } from "bun:test"
import { createApp } from "@ashlar/http"
import { v } from "@ashlar/validation"
import { buses } from "./bus/drivers.ts"
import { createHub, type Hub, type HubOptions, type Messages, type WebSocketDefinition, websocket } from "./index.ts"

const invalid = (says: string) =>
  expect.objectContaining({ code: "WEBSOCKET_OPTION_INVALID", message: expect.stringContaining(says) })

describe("a hub", () => {
  const wrong: [what: string, options: HubOptions<Messages | undefined>, says: string][] = [
    ["a bus and no name", { bus: "redis://h" }, "`name`"],
    ["an empty name", { name: "" }, "`name`"],
    ["a name that is too long", { name: "x".repeat(65) }, "`name`"],
    ["a ttl of nothing", { presenceTtlSeconds: 0 }, "`presenceTtlSeconds`"],
    ["half a member", { maxMembersPerRoom: 1.5 }, "`maxMembersPerRoom`"],
    ["members of a megabyte", { maxMemberBytes: 2 ** 20 }, "`maxMemberBytes`"],
  ]
  test.each(wrong)("with %s is refused", (_what, options, says) => {
    expect(() => createHub(options)).toThrow(invalid(says))
  })
  test("with an unknown bus is refused, before anything is opened", () => {
    expect(() => createHub({ bus: "kafka://h", name: "x" })).toThrow(
      expect.objectContaining({ code: "CORE_DRIVER_UNKNOWN" }),
    )
  })
  test.each(["", "x".repeat(257), "a\u0000b", "a\nb"])("has no room %j", (room) => {
    expect(() => createHub().room(room)).toThrow(invalid("room"))
  })
  test("does not carry what it cannot, and says so", async () => {
    const told: unknown[] = []
    const hub = createHub({ bus: "memory:large", name: "x", onError: (error) => void told.push(error) })
    await hub.open()
    await hub.close()
    hub.broadcast("late")
    expect(await hub.open().catch((error) => error)).toMatchObject({ code: "WEBSOCKET_BUS_FAILED" })
    expect(told).toEqual([])
  })
  test("sends text and bytes, or JSON, and nothing that has none", () => {
    const circular: Record<string, unknown> = {}
    circular.self = circular
    const json = createHub({ messages: {} })
    for (const message of [circular, undefined, () => 1, 1n])
      expect(() => json.broadcast(message)).toThrow(expect.objectContaining({ code: "WEBSOCKET_MESSAGE_UNSENDABLE" }))
    expect(() => createHub().broadcast({} as never)).toThrow(
      expect.objectContaining({ code: "WEBSOCKET_MESSAGE_UNSENDABLE", message: expect.stringContaining("`messages`") }),
    )
  })
  test("checks what it sends only where it is told to", () => {
    const messages = { out: v.object({ n: v.integer() }) }
    const wrongMessage = { n: "1" } as never
    expect(() => createHub({ messages, checkMessages: true }).broadcast(wrongMessage)).toThrow(
      expect.objectContaining({ code: "WEBSOCKET_MESSAGE_UNSENDABLE" }),
    )
    createHub({ messages, checkMessages: false }).broadcast(wrongMessage)
  })
  test("takes no schema that answers later", () => {
    const late = {
      "~standard": { version: 1 as const, vendor: "test", validate: async (value: unknown) => ({ value }) },
    }
    expect(() => createHub({ messages: { out: late }, checkMessages: true }).broadcast(1)).toThrow(invalid("later"))
  })
})

describe("a room", () => {
  /** Two processes of one hub. */
  const pair = async () => {
    const bus = `memory:${crypto.randomUUID()}`
    const open = (): Hub<unknown, unknown> => createHub({ bus, name: "chat", messages: {} })
    const hubs = [open(), open()] as const
    await Promise.all(hubs.map((hub) => hub.open()))
    return hubs
  }
  test("lets in who is no socket, to hear what is said in any process, until it leaves", async () => {
    const [one, two] = await pair()
    const heard: unknown[] = []
    const seats = [one, one, two].map((hub, index) =>
      hub.room("a").attend({ hear: (message) => heard.push([index, message]), member: { name: index } }),
    )
    await Promise.all(seats.map(({ ready }) => ready))
    expect([one.room("a").size, two.room("a").size, one.room("b").size]).toEqual([2, 1, 0])
    one.room("a").send({ n: 1 })
    one.room("b").send({ n: 2 })
    await Bun.sleep(5)
    expect(heard).toEqual([
      [0, { n: 1 }],
      [1, { n: 1 }],
      [2, { n: 1 }],
    ])
    expect((await two.room("a").members()).map(({ data }) => data)).toEqual([{ name: 2 }, { name: 0 }, { name: 1 }])
    seats[0]!.leave()
    seats[0]!.leave()
    two.room("a").send({ n: 3 })
    await Bun.sleep(5)
    expect(heard.slice(3)).toEqual([
      [2, { n: 3 }],
      [1, { n: 3 }],
    ])
    expect(await one.room("a").members()).toHaveLength(2)
    expect(new Set(seats.map(({ id }) => id)).size).toBe(3)
    await Promise.all([one.close(), two.close()])
  })
  test("goes on when somebody else publishes what makes no sense", async () => {
    const url = `memory:${crypto.randomUUID()}`
    const told: unknown[] = []
    const hub = createHub({ bus: url, name: "chat", messages: {}, onError: (error) => void told.push(error) })
    const heard: unknown[] = []
    const seat = hub.room("a").attend({ hear: (message) => heard.push(message), member: 1 })
    await seat.ready
    const stranger = await buses.open(url)
    const topics = ["chat/room/a", "chat/all", "chat/presence/a", "chat/processes"]
    for (const topic of topics)
      for (const payload of ["", "nonsense", "{}", "null"]) await stranger.publish(topic, payload)
    await Bun.sleep(5)
    expect(told.length).toBeGreaterThan(0)
    hub.room("a").send("still here")
    expect(heard).toEqual(["still here"])
    expect(await hub.room("a").members()).toHaveLength(1)
    await Promise.all([hub.close(), stranger.close()])
  })
  test("goes on when one of those who hear throws, and says so", () => {
    const told: unknown[] = []
    const hub = createHub({ onError: (error) => void told.push(error) })
    const heard: unknown[] = []
    hub.room("a").attend({
      hear: () => {
        throw new TypeError("deaf")
      },
    })
    hub.room("a").attend({ hear: (message) => heard.push(message) })
    hub.room("a").sendLocal("x")
    expect([heard, told]).toEqual([["x"], [expect.any(TypeError)]])
  })
})

describe("a WebSocket route", () => {
  const wrong: [what: string, definition: Omit<WebSocketDefinition, "layers">, says: string][] = [
    ["messages beside a hub", { hub: createHub(), messages: {} }, "`messages`"],
    ["a hub that is none", { hub: {} as never }, "createHub"],
    ["no room at all", { maxRoomsPerSocket: 0 }, "`maxRoomsPerSocket`"],
    ["no sockets", { maxSockets: 0 }, "`maxSockets`"],
    ["an origin without a scheme", { origins: ["app.example.com"] }, "`origins`"],
    ["an origin with a path", { origins: ["https://app.example.com/"] }, "`origins`"],
    ["the origin of nobody", { origins: ["null"] }, "`origins`"],
  ]
  test.each(wrong)("with %s is refused where it is declared", (_what, definition, says) => {
    expect(() => websocket("/x", definition, {})).toThrow(invalid(says))
  })
  test("is a row of the table like any other: limits, errors, messages, and where it was declared", () => {
    const app = createApp()
    const messages = { in: v.object({ n: v.integer() }) }
    app.add(websocket("/a/:id", { messages, protocols: ["x"], maxMessageBytes: 9, name: "a", meta: { mine: 1 } }, {}))
    const [record] = app.table().records
    expect(record).toMatchObject({
      method: "GET",
      path: "/a/:id",
      name: "a",
      websocket: { maxMessageBytes: 9, maxBufferedBytes: 2 ** 20, idleTimeoutSeconds: 120 },
      meta: { mine: 1, websocket: { messages, protocols: ["x"] } },
    })
    expect(record!.errors.map(({ code }) => code)).toEqual(["WEBSOCKET_ORIGIN_DENIED", "WEBSOCKET_SOCKETS_EXCEEDED"])
    expect(record!.declaredAt).toContain("hub.test.ts:")
  })
  test("with limits out of their bounds does not start", () => {
    const app = createApp()
    app.add(websocket("/x", { idleTimeoutSeconds: 1 }, {}))
    expect(() => app.table()).toThrow(expect.objectContaining({ code: "HTTP_UPGRADE_INVALID" }))
  })
})
