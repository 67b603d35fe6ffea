import type { AnySchema, App } from "@ashlar/http"

/** A schema that takes any object and copies it, as schemas do. */
const anyObject: AnySchema = {
  "~standard": {
    version: 1,
    vendor: "conformance",
    validate: (value: unknown) =>
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? { value: { ...value } }
        : { issues: [{ message: "Expected an object" }] },
  },
}

/** What a name in the input must never reach: the prototype that all objects share. */
function poison(value: unknown): object {
  const bare: Record<string, unknown> = {}
  const inherited =
    typeof value === "object" && value !== null ? (value as Record<string, unknown>).polluted : undefined
  return {
    polluted: bare.polluted ?? null,
    inherited: Object.hasOwn(Object(value), "polluted") ? null : (inherited ?? null),
    names: Object.keys(Object(value)),
  }
}

/** How deep a JSON value nests, counted without recursion. */
function depthOf(value: unknown): number {
  let depth = 0
  let level: unknown[] = [value]
  while (level.length > 0) {
    const inner = level.flatMap((one) => (typeof one === "object" && one !== null ? Object.values(one) : []))
    if (level.some((one) => typeof one === "object" && one !== null)) depth++
    level = inner
  }
  return depth
}

export function addBodies(app: App): void {
  app.post("/json", async (ctx) => ({ got: await ctx.read("json") }))
  app.post("/json/depth", async (ctx) => ({ depth: depthOf(await ctx.read("json")) }))
  app.post("/text", async (ctx) => ctx.text(await ctx.read("text")))
  app.post("/form", async (ctx) => ({ got: await ctx.read("form") }))
  app.post("/bytes", async (ctx) => {
    const bytes = await ctx.read("bytes")
    return { length: bytes.byteLength, sum: bytes.reduce((sum, byte) => sum + byte, 0) }
  })
  app.post("/limited", { maxBodyBytes: 100 }, async (ctx) => ({ length: (await ctx.read("bytes")).byteLength }))
  app.post("/limited/schema", { maxBodyBytes: 100, body: anyObject }, (ctx) => ({ got: ctx.body }))
  app.post("/schema", { body: anyObject }, (ctx) => ({ got: ctx.body }))
  app.put("/schema", { body: anyObject }, (ctx) => ({ got: ctx.body }))
  app.query("/schema", { body: anyObject }, (ctx) => ({ got: ctx.body }))
  app.all("/text/any", async (ctx) => ctx.text(await ctx.read("text")))
  app.post("/ignored", () => "ignored")
  /** Counts a body as it comes, without keeping it. */
  app.post("/count", { maxBodyBytes: 1024 * 1024 * 1024 }, async (ctx) => {
    let length = 0
    for await (const chunk of ctx.chunks()) length += chunk.byteLength
    return { length }
  })
  /** Takes the first part of a body, and the rest only after two seconds. */
  app.post("/count/late", { maxBodyBytes: 1024 * 1024 * 1024 }, async (ctx) => {
    let length = 0
    for await (const chunk of ctx.chunks()) {
      if (length === 0) await new Promise((resolve) => setTimeout(resolve, 2000))
      length += chunk.byteLength
    }
    return { length }
  })
  app.post("/chunks", { maxBodyBytes: 100 }, async (ctx) => {
    const decoder = new TextDecoder()
    let text = ""
    for await (const chunk of ctx.chunks()) text += decoder.decode(chunk, { stream: true })
    return ctx.text(text)
  })
  /** Sends back what comes, as it comes. */
  app.post("/pipe", (ctx) => new Response(ctx.bodyStream()))
  app.delete("/text", async (ctx) => ctx.text(await ctx.read("text")))

  app.post("/poison/json", async (ctx) => poison(await ctx.read("json")))
  app.post("/poison/form", async (ctx) => poison(await ctx.read("form")))
  app.post("/poison/schema", { body: anyObject }, (ctx) => poison(ctx.body))
  app.get("/poison/query", (ctx) => poison(ctx.query))
  app.get("/poison/query/schema", { query: anyObject }, (ctx) => poison(ctx.query))
  app.get("/poison/params/:polluted", (ctx) => poison(ctx.params))
  app.get("/poison/report", () => poison({}))
}
