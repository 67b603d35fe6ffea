import { createApp, errors, layer } from "@ashlar/http"
import { v } from "@ashlar/validation"
import { createHub, websocket, websocketIn } from "../src/index.ts"

/** The program whose sockets the suites try on every runtime, alone and as several processes over one bus. */

const trace: unknown[] = []
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const bus = process.env.BUS_URL ?? "memory:"

const Said = v.union([
  v.object({ do: v.literal("say"), room: v.string(), text: v.string().max(100) }),
  v.object({ do: v.literal("others"), room: v.string(), text: v.string() }),
  v.object({ do: v.literal("all"), text: v.string() }),
  v.object({ do: v.literal("all others"), text: v.string() }),
  v.object({ do: v.literal("join"), room: v.string(), shows: v.string().optional() }),
  v.object({ do: v.literal("leave"), room: v.string() }),
  v.object({ do: v.literal("members"), room: v.string() }),
  v.object({ do: v.literal("rooms") }),
  v.object({ do: v.literal("slow"), text: v.string(), ms: v.integer() }),
  v.object({ do: v.literal("close"), code: v.integer(), reason: v.string() }),
  v.object({ do: v.literal("throw"), what: v.enum(["forbidden", "defect", "late defect", "unsendable"]) }),
])
const Heard = v.object({ event: v.string(), text: v.string().optional(), list: v.array(v.string()).optional() })

const chat = createHub({
  bus,
  name: process.env.HUB_NAME ?? "chat",
  messages: { in: Said, out: Heard },
  member: v.object({ shows: v.string().max(20) }),
  presenceTtlSeconds: 1,
  presence: {
    join: (room, { data }) => chat.room(room).sendLocal({ event: "came", text: data.shows }),
    leave: (room, { data }) => chat.room(room).sendLocal({ event: "went", text: data.shows }),
  },
  maxMembersPerRoom: 5,
  onError: (error) => void trace.push({ bus: String(error) }),
})

const signedIn = layer({
  name: "signedIn",
  errors: [errors.Unauthorized],
  before: (ctx): { user: string } => {
    const user = ctx.headers.get("x-user") ?? /user=(\w+)/.exec(ctx.headers.get("cookie") ?? "")?.[1]
    if (user === undefined) throw new errors.Unauthorized()
    ctx.set("x-seen", user)
    return { user }
  },
})

const app = createApp({ onError: (error) => void trace.push({ reported: String(error) }) })

app.scope("/chat", [signedIn], (scope) => {
  websocketIn(scope)(
    "/:room",
    { hub: chat, maxRoomsPerSocket: 3, maxSockets: 50, maxInvalidMessages: 2, protocols: ["chat.v2", "chat.v1"] },
    {
      async open(socket, ctx) {
        await socket.join(ctx.params.room)
        socket.send({ event: "welcome", text: `${ctx.user} ${socket.protocol ?? "none"}` })
      },
      async message(socket, message) {
        switch (message.do) {
          case "say":
            return chat.room(message.room).send({ event: "said", text: message.text })
          case "others":
            return socket.to(message.room).send({ event: "said", text: message.text })
          case "all":
            return chat.broadcast({ event: "all", text: message.text })
          case "all others":
            return socket.broadcast({ event: "all", text: message.text })
          case "join":
            await socket.join(message.room, message.shows === undefined ? {} : { member: { shows: message.shows } })
            return void socket.send({ event: "joined", text: message.room })
          case "leave":
            socket.leave(message.room)
            return void socket.send({ event: "left", text: message.room })
          case "members": {
            const list = (await chat.room(message.room).members()).map(({ data }) => data.shows)
            return void socket.send({ event: "members", list: list.sort() })
          }
          case "rooms":
            return void socket.send({ event: "rooms", list: [...socket.rooms] })
          case "slow":
            await wait(message.ms)
            return void socket.send({ event: "slow", text: message.text })
          case "close":
            return socket.close(message.code, message.reason)
          case "throw":
            if (message.what === "forbidden") throw new errors.Forbidden("Not for you")
            if (message.what === "unsendable") return void socket.send({ event: 7 } as never)
            if (message.what === "late defect") await wait(5)
            throw new TypeError("a secret of the implementation")
        }
      },
      close: (socket, closing, ctx) =>
        void trace.push({ closed: ctx.user, ...closing, rooms: [...socket.rooms], aborted: socket.signal.aborted }),
    },
  )
})

/** Text and bytes as they are, in a hub of its own. */
const raw = createHub({ bus, name: `${process.env.HUB_NAME ?? "chat"}-raw` })
app.add(
  websocket(
    "/raw",
    { hub: raw, origins: ["https://app.example.com"] },
    {
      open: (socket) => socket.join("raw"),
      message: (socket, message) => {
        if (message === "deny") throw new errors.Forbidden()
        raw.room("raw").send(message)
        socket.send("sent")
      },
    },
  ),
)
app.add(websocket("/own", { messages: {}, origins: "*" }, { message: (socket, message) => void socket.send(message) }))
app.add(
  websocket(
    "/strict",
    { messages: { in: v.object({ n: v.integer() }) }, onInvalid: "close" },
    {
      message: (socket, message) => void socket.send(message.n + 1),
    },
  ),
)
app.add(
  websocket(
    "/handled",
    { messages: {} },
    {
      message: () => {
        throw new TypeError("mine")
      },
      error: (socket, error) => void socket.send({ handled: String(error) }),
    },
  ),
)

/** Sends more than anybody who does not read can take. */
for (const slowConsumer of ["close", "drop"] as const) {
  const hub = createHub()
  const block = "x".repeat(64 * 1024)
  app.add(
    websocket(
      `/flood/${slowConsumer}`,
      { hub, slowConsumer, maxBufferedBytes: 512 * 1024 },
      {
        open: (socket) => socket.join("flood"),
        async message(socket, message, ctx) {
          const [how, count] = String(message).split(" ")
          const results = { queued: 0, refused: 0, most: 0 }
          for (let index = 0; index < Number(count); index++) {
            if (how === "publish") hub.room("flood").send(block)
            else if (how === "ready" && !(await socket.ready())) break
            else if (socket.send(block)) results.queued++
            else results.refused++
            results.most = Math.max(results.most, socket.bufferedBytes)
            if (index % 8 === 0) await wait(1)
          }
          trace.push({ flood: ctx.query.id, ...results })
        },
        drain: (socket, ctx) => {
          trace.push({ drained: ctx.query.id })
          socket.send("caught up")
        },
        close: (_socket, { code, by }, ctx) => void trace.push({ floodClosed: ctx.query.id, code, by }),
      },
    ),
  )
}

app.get("/trace", () => trace)
app.get("/sizes", () => {
  ;(globalThis as { gc?: () => void }).gc?.()
  if ("Bun" in globalThis) Bun.gc(true)
  return { chat: chat.size, raw: raw.size, lobby: chat.room("lobby").size, rss: process.memoryUsage().rss }
})
app.post("/rooms/:room", async (ctx) => {
  chat.room(ctx.params.room).send({ event: "said", text: await ctx.read("text") })
})
app.delete("/rooms/:room", (ctx) => chat.room(ctx.params.room).close(4003, "The room is closed"))
app.get("/rooms/:room/members", async (ctx) =>
  (await chat.room(ctx.params.room).members()).map(({ data }) => data.shows).sort(),
)

const server = await app.listen({ port: 0, strictWebSockets: process.env.STRICT === "1" })
console.log(JSON.stringify({ url: server.url }))
process.on("SIGTERM", async () => {
  await app.stop(2000)
  await Promise.all([chat.close(), raw.close()])
  console.log(JSON.stringify({ stopped: true, trace }))
  process.exit(0)
})
