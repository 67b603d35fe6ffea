import { type App, errors, fail } from "@ashlar/http"
import { cookies } from "@ashlar/http/cookies"
import { createSessions, SESSION_SECONDS } from "../../profile.ts"

/** As the others set it: without a prefix, over plain HTTP. */
const jar = cookies({ prefix: "", secure: false, maxAgeSeconds: SESSION_SECONDS })

/** Workload g: the session of a cookie, which is set again for another hour. */
export function addSession(app: App): void {
  const sessions = createSessions()
  app.get("/session", { layers: [jar], errors: [errors.Unauthorized] }, (ctx) => {
    const id = ctx.cookies.get("sid")
    const session = id === undefined ? undefined : sessions.get(id)
    if (id === undefined || session === undefined) return fail(errors.Unauthorized)
    ctx.cookies.set("sid", id)
    return { user: session.user }
  })
}
