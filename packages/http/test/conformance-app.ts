import { batch } from "../src/batch/index.ts"
import { type App, createApp, errors, layer, requestIds } from "../src/index.ts"

/** The one application that the adapter suite runs on every runtime. */
const trace: string[] = []
const outer = layer({
  name: "outer",
  before: (ctx) => {
    ctx.set("x-outer", "1")
  },
})
const signedIn = layer({
  name: "signedIn",
  errors: [errors.Unauthorized],
  before: (ctx): { user: string } => {
    const user = ctx.headers.get("x-user")
    if (user === null) throw new errors.Unauthorized()
    return { user }
  },
})
const app: App = createApp({
  development: false,
  layers: [requestIds, outer],
  maxBodyBytes: 1000,
  trustedProxies: ["loopback"],
  onError: (error) => void trace.push(String(error)),
})

app.get("/", () => "hello")
app.get("/json", () => ({ a: 1 }))
app.get("/nothing", () => null)
app.get("/bytes", () => new Uint8Array([1, 2, 3]))
app.get("/response", () => new Response("own", { status: 203, headers: { "x-own": "yes" } }))
app.get("/cookies", (ctx) => {
  ctx.set("set-cookie", "a=1; HttpOnly")
  ctx.set("set-cookie", "b=2")
  return "ok"
})
app.get(
  "/stream",
  () =>
    new ReadableStream({
      async start(controller) {
        for (const part of ["one ", "two ", "three"]) {
          controller.enqueue(new TextEncoder().encode(part))
          await new Promise((resolve) => setTimeout(resolve, 5))
        }
        controller.close()
      },
    }),
)
app.get("/users/:id", (ctx) => ({ id: ctx.params.id, query: ctx.query })).name("users.show")
app.put("/users/:name", (ctx) => ({ name: ctx.params.name }))
app.get("/files/*path", (ctx) => ({ path: ctx.params.path }))
const held = layer({ name: "held", before: async (ctx) => ({ raw: new TextDecoder().decode(await ctx.rawBody()) }) })
app.post("/held", { layers: [held] }, async (ctx) => {
  const pieces: Uint8Array[] = []
  for await (const piece of ctx.chunks()) pieces.push(piece)
  return {
    raw: ctx.raw,
    again: new TextDecoder().decode(await ctx.rawBody()),
    text: await ctx.read("text"),
    json: await ctx.read("json").catch((error: { code: string }) => error.code),
    pieces: Buffer.concat(pieces).toString(),
    request: await ctx.request.text(),
    bound: await ctx.rawBody(1).then(
      () => "fits",
      (error: { code: string }) => error.code,
    ),
  }
})
app.post("/echo", async (ctx) => ({ got: await ctx.read("json") }))
app.post("/text", async (ctx) => ctx.text(await ctx.read("text"), 201))
app.get("/throws", () => {
  throw new TypeError("a secret of the implementation")
})
app.get("/conflict", () => {
  throw new errors.Conflict("Revision 3 is newer", { details: { current: 3 } })
})
app.get("/slow", async () => {
  await new Promise((resolve) => setTimeout(resolve, 300))
  return "late"
})
app.get("/trace", () => trace)
app.get("/origin", (ctx) => ({ address: ctx.address, url: ctx.url.href }))
app.host(":shop.example.com", (shops) => {
  shops.get("/shop", (ctx) => ctx.host.shop)
})
app.get("/address", (ctx) => ({ known: typeof ctx.address === "string" }))
app.scope("/admin", [signedIn], (admin) => {
  admin.get("/me", (ctx) => ctx.user)
})

app.get("/who", (ctx) => ({
  user: ctx.headers.get("x-user"),
  address: ctx.address,
  url: ctx.url.href,
  host: ctx.headers.get("host"),
}))
app.add(batch(app))

export default app
