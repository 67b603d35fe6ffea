import type { App, BaseContext } from "@ashlar/http"

/** What a request looks like from inside: enough to tell two readings of the same bytes apart. */
function report(ctx: BaseContext): object {
  return {
    method: ctx.method,
    path: ctx.path,
    params: ctx.params,
    query: ctx.query,
    headers: Object.fromEntries(ctx.headers),
  }
}

export function addRouting(app: App): void {
  app.get("/methods", () => "get")
  app.post("/methods", () => "post")
  app.put("/methods", () => "put")
  app.patch("/methods", () => "patch")
  app.delete("/methods", () => "delete")
  app.query("/methods", () => "query")
  app.get("/inspect", report)
  app.post("/inspect", report)
  app.get("/inspect/*rest", report)
  app.head("/only/head", (ctx) => {
    ctx.set("x-own", "head")
    return ctx.empty(200)
  })
  app.get("/only/get", () => "get")
  app.post("/only/post", () => "post")
  app.options("/own-options", (ctx) => {
    ctx.set("allow", "OPTIONS")
    return ctx.text("mine")
  })

  app.get("/static/fixed", () => "fixed")
  app.get("/static/:id", (ctx) => ({ id: ctx.params.id }))
  app.get("/static/:id/edit", (ctx) => ({ edit: ctx.params.id }))
  app.get("/back/one/end", () => "static")
  app.get("/back/:x/other", (ctx) => ({ x: ctx.params.x }))
  app.get("/back/*rest", (ctx) => ({ rest: ctx.params.rest }))
  app.get("/mixed/me", () => "me")
  app.delete("/mixed/:id", (ctx) => ({ deleted: ctx.params.id }))
  app.get("/number/:id", (ctx) => ({ number: ctx.params.id })).whereNumber("id")
  app.post("/number/:name", (ctx) => ({ posted: ctx.params.name }))
  app.get("/tree/*path", (ctx) => ({ path: ctx.params.path }))
  app.post("/tree/new", () => "new")
  app.get("/grün/a b", () => "escaped")
  app.get("/docs/:lang?", (ctx) => ({ lang: ctx.params.lang ?? null }))
  app.get("/nested/:a?/:b?", (ctx) => ({ a: ctx.params.a ?? null, b: ctx.params.b ?? null }))
  app.get("/files/*path", (ctx) => ({ path: ctx.params.path }))
  app.get("/many/:a/:b/:c/:d", (ctx) => ctx.params)
  app.get("/literal/a.b-c_d~e", () => "literal")
  // More siblings than Bun's own router is given, so that the whole suite runs through ours as well.
  const siblings = typeof process !== "undefined" && process.env.WIDE === "1" ? 400 : 4
  for (let index = 0; index < siblings; index++) app.get(`/wide/w${index}`, () => `wide ${index}`)
}
