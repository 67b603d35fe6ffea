import { createSessions, SESSION_SECONDS, type Session } from "../profile.ts"

const sessions = createSessions()

/** The session a `Cookie` header names, with the cookie that keeps it for another hour. */
export function readSession(cookies: string | null | undefined): { session: Session; setCookie: string } | undefined {
  if (cookies === null || cookies === undefined) return undefined
  const id = cookieOf(cookies)
  const session = id === undefined ? undefined : sessions.get(id)
  if (session === undefined) return undefined
  return { session, setCookie: `sid=${id}; Max-Age=${SESSION_SECONDS}; Path=/; HttpOnly; SameSite=Lax` }
}

function cookieOf(cookies: string): string | undefined {
  const start = cookies.startsWith("sid=") ? 0 : cookies.indexOf("; sid=") + 2
  if (start === 1) return undefined
  const end = cookies.indexOf(";", start)
  return cookies.slice(start + 4, end === -1 ? cookies.length : end)
}
