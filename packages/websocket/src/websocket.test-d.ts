/** The promises of the types, held by `tsc`: every `@ts-expect-error` must be an error, every `Same` must be the same. */
import type { StandardSchemaV1 } from "@ashlar/core"
import { createApp, layer, type Route } from "@ashlar/http"
import { createHub, type Hub, type Socket, type SocketContract, websocket, websocketIn } from "./index.ts"

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const same = <A, B>(_yes: Same<A, B>): void => undefined

interface Said {
  text: string
}
interface Heard {
  event: string
}
declare const Said: StandardSchemaV1<{ text: string | number }, Said>
declare const Heard: StandardSchemaV1<Heard>
declare const Shows: StandardSchemaV1<{ name: string }>
declare const Id: StandardSchemaV1<{ room: string }, { room: number }>

const chat = createHub({ name: "chat", messages: { in: Said, out: Heard }, member: Shows })
same<typeof chat, Hub<Said, Heard, { name: string }>>(true)
const plain = createHub()
same<typeof plain, Hub<string | Uint8Array, string | Uint8Array, unknown>>(true)
const json = createHub({ messages: {} })
same<typeof json, Hub<unknown, unknown, unknown>>(true)

chat.room("a").send({ event: "x" })
chat.broadcast({ event: "x" })
// @ts-expect-error: not what the schema of outgoing messages takes
chat.room("a").send({ text: "x" })
// @ts-expect-error: text is no message of this hub
chat.broadcast("x")
void chat
  .room("a")
  .members()
  .then((members) => same<(typeof members)[number]["data"], { name: string }>(true))
createHub({ member: Shows, presence: { join: (_room, member) => same<typeof member.data, { name: string }>(true) } })

websocket("/plain/:id", {
  open: (socket, ctx) => {
    same<typeof socket, Socket<string | Uint8Array>>(true)
    same<typeof ctx.params, { id: string }>(true)
    // @ts-expect-error: no layer provides a user
    ctx.user
  },
  message: (socket, message) => {
    same<typeof message, string | Uint8Array>(true)
    socket.send(message)
    // @ts-expect-error: without `messages` a record is no message
    socket.send({ event: "x" })
  },
  close: (_socket, { code, reason, by }) => {
    same<typeof code, number>(true)
    same<typeof reason, string>(true)
    same<typeof by, "client" | "server">(true)
  },
})
websocket(
  "/own",
  { messages: { in: Said, out: Heard } },
  {
    message: (socket, message) => {
      same<typeof message, Said>(true)
      same<typeof socket, Socket<Heard>>(true)
    },
  },
)
websocket(
  "/json",
  { messages: {} },
  {
    message: (socket, message) => {
      same<typeof message, unknown>(true)
      socket.send({ anything: 1 })
    },
  },
)

const signedIn = layer({ name: "signedIn", before: async (): Promise<{ user: string }> => ({ user: "ana" }) })
const owner = layer({ name: "owner", needs: [signedIn], before: () => ({ owns: true }) })
websocket(
  "/:room",
  { hub: chat, layers: [signedIn], params: Id },
  {
    open: (socket, ctx) => {
      same<typeof ctx.user, string>(true)
      same<typeof ctx.params, { room: number }>(true)
      void socket.join("a", { member: { name: ctx.user } })
      // @ts-expect-error: not what members show
      void socket.join("a", { member: { age: 1 } })
      socket.to("a").send({ event: "x" })
      // @ts-expect-error: not what the schema of outgoing messages takes
      socket.to("a").send({ text: "x" })
    },
    message: (_socket, message) => same<typeof message, Said>(true),
  },
)
// @ts-expect-error: owner needs signedIn before it
websocket("/x", { layers: [owner, signedIn] }, {})

const app = createApp({ layers: [signedIn] })
websocketIn(app)(
  "/in/:room",
  { hub: chat },
  {
    open: (_socket, ctx) => {
      same<typeof ctx.user, string>(true)
      same<typeof ctx.params, { room: string }>(true)
    },
    message: (_socket, message) => same<typeof message, Said>(true),
  },
)
app.scope("/inner", [owner], (inner) => {
  const route = websocketIn(inner)(
    "/",
    { hub: chat, layers: [] },
    { open: (_socket, ctx) => same<typeof ctx.owns, boolean>(true) },
  )
  same<typeof route extends Route<"GET", "/", infer _I, infer O, infer _E> ? O : 0, SocketContract<Said, Heard>>(true)
  type Codes = typeof route extends Route<string, string, infer _I, infer _O, infer E> ? E : never
  const codes: Codes["code"][] = ["WEBSOCKET_ORIGIN_DENIED", "WEBSOCKET_SOCKETS_EXCEEDED"]
  void codes
})
