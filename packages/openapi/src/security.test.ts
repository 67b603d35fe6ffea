import { describe, expect, test } from "bun:test"
import { type App, layer } from "@ashlar/http"
import { when } from "@ashlar/http/layers"
import { documentOf, handler } from "./testing-document.ts"

describe("security", () => {
  const bearer = { type: "http", scheme: "bearer" } as const
  const key = { type: "apiKey", in: "header", name: "x-key" } as const
  const signedIn = layer({ name: "signedIn", security: { session: bearer, key } })
  const tenant = layer({ name: "tenant", security: { tenant: { type: "mutualTLS" } } })

  test("is what layers ask for: one scheme of each", () => {
    const { paths, components } = documentOf((app) => {
      app.get("/open", handler)
      app.get("/one", { layers: [signedIn] }, handler)
      app.get("/both", { layers: [signedIn, tenant] }, handler)
      app.get("/maybe", { layers: [when(() => true, signedIn)] }, handler)
      app.get("/either", { layers: [layer({ name: "either", security: { key, none: { type: "none" } } })] }, handler)
    })
    expect(paths["/open"]!.get!.security).toEqual([])
    expect(paths["/one"]!.get!.security).toEqual([{ session: [] }, { key: [] }])
    expect(paths["/both"]!.get!.security).toEqual([
      { session: [], tenant: [] },
      { key: [], tenant: [] },
    ])
    expect(paths["/maybe"]!.get!.security).toEqual([{ session: [] }, { key: [] }, {}])
    expect(paths["/either"]!.get!.security).toEqual([{ key: [] }, {}])
    expect(components.securitySchemes).toEqual({ key, session: bearer, tenant: { type: "mutualTLS" } })
  })

  test("is what the options say where they say anything", () => {
    const { paths } = documentOf(
      (app) => {
        app.get("/mine", { layers: [signedIn], meta: { mine: true } }, handler)
        app.get("/theirs", { layers: [signedIn] }, handler)
      },
      { securitySchemes: { own: bearer }, securityOf: ({ meta }) => (meta.mine === true ? ["own"] : undefined) },
    )
    expect(paths["/mine"]!.get!.security).toEqual([{ own: [] }])
    expect(paths["/theirs"]!.get!.security).toEqual([{ session: [] }, { key: [] }])
  })

  test("has the scopes of all layers that ask for a scheme", () => {
    const oauth = {
      type: "oauth2",
      flows: {
        clientCredentials: { tokenUrl: "https://shop.dev/token", scopes: { read: "To read", write: "To write" } },
      },
    } as const
    const openid = { type: "openIdConnect", openIdConnectUrl: "https://shop.dev/openid" } as const
    const anyone = layer({ name: "anyone", security: { oauth, key } })
    const reader = layer({ name: "reader", security: { oauth: { scheme: oauth, scopes: ["read"] } } })
    const writer = layer({
      name: "writer",
      security: { oauth: { scheme: oauth, scopes: ["write"] }, openid: { scheme: openid, scopes: ["shop:write"] } },
    })
    const { paths, components } = documentOf((app) => {
      app.get("/anyone", { layers: [anyone] }, handler)
      app.get("/reader", { layers: [anyone, reader] }, handler)
      app.get("/writer", { layers: [reader, writer] }, handler)
      app.get("/maybe", { layers: [when(() => true, writer)] }, handler)
    })
    expect(paths["/anyone"]!.get!.security).toEqual([{ oauth: [] }, { key: [] }])
    // Who has a key needs the scope too, so that the key is of no use.
    expect(paths["/reader"]!.get!.security).toEqual([{ oauth: ["read"] }])
    expect(paths["/writer"]!.get!.security).toEqual([
      { oauth: ["read", "write"] },
      { oauth: ["read"], openid: ["shop:write"] },
    ])
    expect(paths["/maybe"]!.get!.security).toEqual([{ oauth: ["write"] }, { openid: ["shop:write"] }, {}])
    expect(components.securitySchemes).toEqual({ key, oauth, openid })
    const odd = layer({ name: "odd", security: { oauth: { scheme: oauth, scopes: ["delete"] } } })
    expect(() => documentOf((app) => void app.get("/", { layers: [odd] }, handler))).toThrow(
      'asks for the scope "delete" of "oauth", whose flows have: read, write.',
    )
  })

  test("is refused where one name means two things", () => {
    const other = layer({ name: "other", security: { session: key } })
    const declare = (app: App): void => void app.get("/", { layers: [signedIn, other] }, handler)
    expect(() => documentOf(declare)).toThrow(expect.objectContaining({ code: "OPENAPI_SECURITY_CONFLICT" }))
  })
})
