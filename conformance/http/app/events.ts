import type { App } from "@ashlar/http"
import { events, type ServerEvent } from "@ashlar/http/sse"
import { keep, waiting } from "./witness.ts"

async function* list(...all: readonly ServerEvent[]): AsyncGenerator<ServerEvent> {
  yield* all
}

const LAST: ServerEvent = { event: "last", data: "end" }

export function addEvents(app: App): void {
  app.get("/events", (ctx) =>
    events(
      ctx,
      list(
        { id: 1, data: "one" },
        { id: 2, event: "named", data: { a: "ü" } },
        { data: "two\nlines\n" },
        { retry: 1500, data: "" },
        LAST,
      ),
    ),
  )
  app.get("/events/resume", (ctx) => events(ctx, ({ lastEventId }) => list({ data: lastEventId ?? "none" })))
  app.get("/events/beat", (ctx) =>
    events(
      ctx,
      (stream) => {
        setTimeout(() => stream.end("done"), 200)
      },
      { heartbeatMs: 40 },
    ),
  )
  app.get("/events/fails", (ctx) =>
    events(ctx, async function* () {
      yield { data: "one" }
      throw new TypeError("secret-of-the-app in a generator")
    }),
  )
  /** Goes on until its caller leaves. */
  app.get("/events/wait/:token", (ctx) => {
    const { token } = ctx.params
    keep(waiting, token, "waiting")
    return events(ctx, (stream) => {
      const timer = setInterval(() => stream.send({ data: "." }), 20)
      return () => {
        clearInterval(timer)
        keep(waiting, token, "aborted")
      }
    })
  })
  app.get("/inject/events/data", (ctx) => events(ctx, list({ data: String(ctx.query.value) }, LAST)))
  app.get("/inject/events/json", (ctx) => events(ctx, list({ data: { value: ctx.query.value } }, LAST)))
  app.get("/inject/events/event", (ctx) => events(ctx, list({ event: String(ctx.query.value), data: "a" }, LAST)))
  app.get("/inject/events/id", (ctx) => events(ctx, list({ id: String(ctx.query.value), data: "a" }, LAST)))
  app.get("/inject/events/reason", (ctx) => events(ctx, (stream) => stream.end(String(ctx.query.value))))
}
