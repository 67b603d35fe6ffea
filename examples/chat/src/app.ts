import { fileURLToPath } from "node:url"
import { type App, createApp, layer } from "@ashlar/http"
import { compress } from "@ashlar/http/compression"
import { serveFolder } from "@ashlar/http/files"
import { events } from "@ashlar/http/sse"
import { describeRoute, openapi } from "@ashlar/openapi"
import { createHub, type Hub, websocketIn } from "@ashlar/websocket"
import { Heard, Person, Said } from "./messages.ts"

const PAGE_FOLDER = fileURLToPath(new URL("../page", import.meta.url))
const ROOM = /[a-z0-9-]{1,40}/

/** The page needs nothing from elsewhere, so nothing from elsewhere may run in it. */
const pageOnly = layer({
  name: "pageOnly",
  headers: {
    "content-security-policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
  },
})

const tags = ["rooms"]
const heard = describeRoute({ events: { here: Heard, came: Heard, went: Heard, message: Heard } })

export interface Chat {
  readonly app: App
  readonly hub: Hub<Said, Heard, Person>
}

/** @param bus The URL of a bus, for several processes; `memory:` is one. */
export function createChat(bus = "memory:"): Chat {
  const hub = createHub({
    name: "chat",
    bus,
    messages: { in: Said, out: Heard },
    member: Person,
    presenceTtlSeconds: 5, // a process that died is missed after so long
    // Every process is told of everybody, so each tells its own.
    presence: {
      join: (room, { id, data }) => hub.room(room).sendLocal({ type: "came", person: { id, ...data } }),
      leave: (room, { id, data }) => hub.room(room).sendLocal({ type: "went", person: { id, ...data } }),
    },
  })
  const here = async (room: string): Promise<Heard> => {
    const members = await hub.room(room).members()
    return { type: "here", people: members.map(({ id, data }) => ({ id, ...data })) }
  }
  const say = (room: string, from: string, text: string): void =>
    hub.room(room).send({ type: "message", from, text, at: Date.now() })

  const app = createApp()
  const socket = websocketIn(app)(
    "/rooms/:room/socket",
    { summary: "A room", tags, hub, query: Person, maxMessageBytes: 8192 },
    {
      async open(socket, { params, query }) {
        await socket.join(params.room, { member: query })
        socket.send(await here(params.room))
      },
      message: (_socket, { text }, { params, query }) => say(params.room, query.name, text),
    },
  )
  // The same room for those who cannot have a WebSocket: they hear by an event stream, and speak by requests.
  const listen = app.get(
    "/rooms/:room/events",
    { summary: "What is heard in a room", tags, query: Person, meta: heard },
    (ctx) =>
      events(ctx, async (stream) => {
        const { room } = ctx.params
        const send = (message: Heard): void => void stream.send({ event: message.type, data: message })
        const seat = hub.room(room).attend({ member: ctx.query, hear: send })
        await seat.ready
        send(await here(room))
        return seat.leave
      }),
  )
  const speak = app.post(
    "/rooms/:room/messages",
    { summary: "Speak in a room", tags, query: Person, body: Said, response: { 204: null } },
    ({ params, query, body, empty }) => {
      say(params.room, query.name, body.text)
      return empty()
    },
  )
  for (const route of [socket, listen, speak]) route.where("room", ROOM)
  const page = { summary: "The page", meta: describeRoute({ hidden: true }) }
  app.scope("/", [compress(), pageOnly], (all) => all.get("/*path", page, serveFolder(PAGE_FOLDER)))
  openapi(app, {
    title: "Chat",
    version: "1.0.0",
    license: { name: "MIT", identifier: "MIT" },
    tags: { rooms: "Rooms to talk in" },
  })
  return { app, hub }
}
