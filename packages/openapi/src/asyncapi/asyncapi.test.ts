import { describe, expect, test } from "bun:test"
import { type App, createApp, layer } from "@ashlar/http"
import { type Schema, v } from "@ashlar/validation"
import { websocketIn } from "@ashlar/websocket"
import type { Json } from "../json.ts"
import { describeRoute } from "../operations/route-notes.ts"
import { asyncApiProblems } from "../testing/async-problems.ts"
import { type AsyncApiOptions, createAsyncApi } from "./asyncapi.ts"

interface Said {
  text: string
}
const Said: Schema<Said> = v.object({ text: v.string() }).meta({ id: "Said" })
const Heard = v.object({ from: v.string(), said: Said })
const handler = (): never => undefined as never

function documentOf(declare: (app: App) => void, options: Partial<AsyncApiOptions> = {}) {
  const app = createApp() as App
  declare(app)
  return createAsyncApi(app.table(), { title: "Test", version: "1", ...options }) as unknown as {
    readonly channels: Record<string, Json>
    readonly operations: Record<string, Json>
    readonly components: { readonly schemas: Json; readonly securitySchemes?: Json }
  }
}

describe("the AsyncAPI document", () => {
  const member = layer({
    name: "member",
    security: {
      key: { type: "apiKey", in: "query", name: "key" },
      oauth: {
        scheme: {
          type: "oauth2",
          flows: { clientCredentials: { tokenUrl: "https://shop.dev/token", scopes: { talk: "To talk" } } },
        },
        scopes: ["talk"],
      },
      mtls: { type: "mutualTLS", description: "A certificate" },
      session: { type: "http", scheme: "bearer" },
    },
  })
  const document = documentOf(
    (app) => {
      app.scope("/rooms", [member], (rooms) => {
        websocketIn(rooms)(
          "/:room",
          {
            name: "rooms",
            summary: "A room",
            messages: { in: Said, out: Heard },
            query: v.object({ name: v.string() }),
          },
          {},
        ).whereIn("room", ["a", "b"])
      })
      websocketIn(app)("/raw", {}, {})
      app.get("/changes/:id?", { meta: describeRoute({ events: { enter: Heard, leave: v.object({}) } }) }, handler)
      app.get("/users", handler)
    },
    {
      servers: { live: { host: "shop.dev", protocol: "wss" } },
      tags: { rooms: "To talk in" },
      channels: {
        "order.paid": { messages: { paid: v.object({ id: v.string() }) }, description: "On the bus" },
        "stock/low": { action: "receive", address: "stock.low", messages: { low: Said } },
      },
    },
  )
  const { channels, operations, components } = document

  test("has a channel for each WebSocket route and stream of events, and for what is named besides", () => {
    expect(Object.keys(channels)).toEqual(["rooms", "getRaw", "getChangesById", "order.paid", "stock/low"])
    expect(channels.rooms).toMatchObject({
      address: "/rooms/{room}",
      title: "A room",
      parameters: { room: { enum: ["a", "b"] } },
      messages: { received: { payload: { $ref: "#/components/schemas/Said" } }, sent: { payload: { type: "object" } } },
      bindings: { ws: { method: "GET", query: { properties: { name: { type: "string" } } } } },
    })
    expect(channels.getRaw!.messages).toMatchObject({ received: { contentType: "application/octet-stream" } })
    expect(channels["order.paid"]).toMatchObject({ address: "order.paid", messages: { paid: {} } })
  })

  test("says which way messages go, as the app sees it", () => {
    expect(Object.entries(operations).map(([id, { action }]) => [id, action])).toEqual([
      ["rooms.receive", "receive"],
      ["rooms.send", "send"],
      ["getRaw.receive", "receive"],
      ["getRaw.send", "send"],
      ["getChangesById.send", "send"],
      ["order.paid.send", "send"],
      ["stock/low.receive", "receive"],
    ])
    expect(operations["getChangesById.send"]).toMatchObject({
      messages: [
        { $ref: "#/channels/getChangesById/messages/enter" },
        { $ref: "#/channels/getChangesById/messages/leave" },
      ],
      bindings: { http: { method: "GET" } },
    })
  })

  test("has the schemes of security in its own words", () => {
    expect(operations["rooms.receive"]!.security).toEqual([
      { $ref: "#/components/securitySchemes/key" },
      {
        type: "oauth2",
        flows: { clientCredentials: { tokenUrl: "https://shop.dev/token", availableScopes: { talk: "To talk" } } },
        scopes: ["talk"],
      },
      { $ref: "#/components/securitySchemes/mtls" },
      { $ref: "#/components/securitySchemes/session" },
    ])
    expect(components.securitySchemes).toEqual({
      key: { type: "httpApiKey", in: "query", name: "key" },
      mtls: { type: "X509", description: "A certificate" },
      oauth: {
        type: "oauth2",
        flows: { clientCredentials: { tokenUrl: "https://shop.dev/token", availableScopes: { talk: "To talk" } } },
      },
      session: { type: "http", scheme: "bearer" },
    })
  })

  test("is taken by its judge, who sees what is wrong", async () => {
    expect(await asyncApiProblems(document)).toEqual([])
    const broken = structuredClone(document)
    Object.assign(broken.operations["rooms.send"]!, { action: "shout", channel: { $ref: "#/channels/nowhere" } })
    expect(await asyncApiProblems(broken)).not.toEqual([])
  }, 30_000)
})
