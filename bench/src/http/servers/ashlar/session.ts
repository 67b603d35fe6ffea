import { type App, errors, fail } from "@ashlar/http"
import { cookies } from "@ashlar/http/cookies"
import { createSessions, SESSION_SECONDS } from "../../profile.ts"

/** Workload g: the session of a cookie, which is set again for another hour. */
export function addSession(app: App): void {
  const sessions = createSessions()
  const layers = [cookies({ prefix: "", maxAgeSeconds: SESSION_SECONDS })] as const
  app.get("/session", { layers, errors: [errors.Unauthorized] }, (ctx) => {
    const id = ctx.cookies.get("sid") ?? ""
    const session = sessions.get(id)
    if (session === undefined) return fail(errors.Unauthorized)
    ctx.cookies.set("sid", id)
    return { user: session.user }
  })
}
