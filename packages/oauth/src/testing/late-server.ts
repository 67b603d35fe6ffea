import { type App, createApp } from "@ashlar/http"

/** A socket that listens before its app is there: an issuer has its port in its name. */
export interface LateServer {
  readonly origin: string
  serve(app: Pick<App, "fetch">): void
  stop(): Promise<unknown>
}

export async function listenFirst(): Promise<LateServer> {
  let inner: Pick<App, "fetch"> | undefined
  const front = createApp()
  front.all("/*path", (ctx) => inner?.fetch(ctx.request) ?? "nothing yet")
  const server = await front.listen({ port: 0, host: "127.0.0.1" })
  return {
    origin: new URL(server.url).origin,
    serve(app) {
      inner = app
    },
    stop: () => front.stop(0),
  }
}
