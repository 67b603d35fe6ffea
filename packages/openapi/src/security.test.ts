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

  test("is refused where one name means two things", () => {
    const other = layer({ name: "other", security: { session: key } })
    const declare = (app: App): void => void app.get("/", { layers: [signedIn, other] }, handler)
    expect(() => documentOf(declare)).toThrow(expect.objectContaining({ code: "OPENAPI_SECURITY_CONFLICT" }))
  })
})
