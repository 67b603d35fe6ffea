import type { App, BaseContext } from "@ashlar/http"

/** What the suite asks the process afterwards: whether it saw, aborted or reported something. Bounded like everything. */
const MOST = 10_000
const hits = new Map<string, number>()
export const waiting: Map<string, "waiting" | "aborted" | "ended"> = new Map<string, "waiting" | "aborted" | "ended">()
const errors = new Map<string, string>()
const boot: string = Math.random().toString(36).slice(2)

export function keep<T>(map: Map<string, T>, key: string, value: T): void {
  if (map.size >= MOST) map.delete(map.keys().next().value as string)
  map.set(key, value)
}

/** Keeps what the app was told of an error. */
export function reported(id: string, error: unknown): void {
  keep(errors, id, String(error))
}

export function addWitness(app: App): void {
  app.get("/boot", () => boot)
  const smuggled = (ctx: BaseContext): string => {
    const token = ctx.params.token ?? ""
    keep(hits, token, (hits.get(token) ?? 0) + 1)
    return "smuggled"
  }
  app.get("/smuggled/:token", smuggled)
  app.post("/smuggled/:token", smuggled)
  app.put("/smuggled/:token", smuggled)
  app.get("/hits/:token", (ctx) => ({ hits: hits.get(ctx.params.token) ?? 0 }))
  app.get("/reported/:id", (ctx) => ({ error: errors.get(ctx.params.id) ?? null }))

  /** Works until its caller goes away, ten seconds at most. */
  app.get("/wait/:token", async (ctx) => {
    const { token } = ctx.params
    keep(waiting, token, "waiting")
    const { signal } = ctx
    await new Promise<void>((resolve) => {
      signal.addEventListener("abort", () => resolve())
      setTimeout(resolve, 10_000)
    })
    keep(waiting, token, signal.aborted ? "aborted" : "ended")
    return "done"
  })
  app.post("/wait/:token", async (ctx) => {
    const { token } = ctx.params
    keep(waiting, token, "waiting")
    await ctx.read("bytes").catch(() => keep(waiting, token, "aborted"))
    return "done"
  })
  /** An endless stream, until its caller goes away. */
  app.get("/wait/stream/:token", (ctx) => {
    const { token } = ctx.params
    keep(waiting, token, "waiting")
    let timer: ReturnType<typeof setTimeout> | undefined
    return new ReadableStream<Uint8Array>({
      pull: (controller) =>
        new Promise<void>((resolve) => {
          timer = setTimeout(() => {
            controller.enqueue(new Uint8Array([46]))
            resolve()
          }, 20)
        }),
      cancel: () => {
        clearTimeout(timer)
        keep(waiting, token, "aborted")
      },
    })
  })
  /** 256 MiB, made as they are taken; how much was made is told under the same token. */
  app.get("/made/stream/:token", (ctx) => {
    const part = new Uint8Array(64 * 1024)
    let made = 0
    return new ReadableStream<Uint8Array>({
      pull: (controller) => {
        made += part.byteLength
        keep(hits, ctx.params.token, made)
        controller.enqueue(part)
        if (made >= 256 * 1024 * 1024) controller.close()
      },
    })
  })
  app.get("/waited/:token", (ctx) => ({ state: waiting.get(ctx.params.token) ?? null }))
  app.get("/late/:ms", async (ctx) => {
    await new Promise((resolve) => setTimeout(resolve, Math.min(5000, Number(ctx.params.ms))))
    return `late ${ctx.params.ms}`
  })
}
