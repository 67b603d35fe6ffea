import { type App, errors, fail } from "@ashlar/http"
import { createSessions, SESSION_SECONDS } from "../../profile.ts"

const SID = /(?:^|; )sid=([^;]*)/

/** Workload g: the session of a cookie, which is set again for another hour. */
export function addSession(app: App): void {
  const sessions = createSessions()
  app.get("/session", { errors: [errors.Unauthorized] }, (ctx) => {
    const id = SID.exec(ctx.headers.get("cookie") ?? "")?.[1] ?? ""
    const session = sessions.get(id)
    if (session === undefined) return fail(errors.Unauthorized)
    ctx.set("set-cookie", `sid=${id}; Max-Age=${SESSION_SECONDS}; Path=/; HttpOnly; SameSite=Lax`)
    return { user: session.user }
  })
}
