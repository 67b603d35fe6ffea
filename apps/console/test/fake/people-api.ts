import { json, Refusal } from "./answers.ts"
import { addPerson, nextId, now, type Person, person, type World } from "./world.ts"

type Body = Readonly<Record<string, string>>

const setupState = {
  version: "0.1.0",
  database: "sqlite",
  durability: "fsync on every commit",
  functions: { bun: "sandboxed", quickjs: "sandboxed" },
  signups: "closed",
}

function startSession(world: World, who: Person, inCookie: boolean): Response {
  const accessToken = `at-${nextId()}-${Math.random()}`
  const refreshToken = `rt-${Math.random()}`
  world.bearers.set(accessToken, who)
  world.cookies.set(refreshToken, who)
  const { password: _, ...user } = who
  const accessTokenExpiresAt = new Date(Date.now() + 300_000).toISOString()
  const body = {
    user,
    sessionId: "s1",
    accessToken,
    accessTokenExpiresAt,
    refreshToken: inCookie ? null : refreshToken,
  }
  const cookie = `ashlar_refresh=${refreshToken}; Path=/v1/auth; HttpOnly; SameSite=Strict`
  return json(body, 200, inCookie ? { "set-cookie": cookie } : {})
}

const cookieOf = (request: Request): string =>
  /ashlar_refresh=([^;]+)/.exec(request.headers.get("cookie") ?? "")?.[1] ?? ""

/** Whose bearer it is. */
export function callerOf(world: World, request: Request): Person {
  const who = world.bearers.get(request.headers.get("authorization")?.replace("Bearer ", "") ?? "")
  if (!who) throw new Refusal(401, "CONTROL_CREDENTIALS_NEEDED", "Sign in first.")
  return who
}

function checkLink(world: World, body: Body): void {
  if (world.isSetUp || body.token !== world.setupToken)
    throw new Refusal(410, "IDENTITY_SETUP_LINK_SPENT", "The link is spent.")
}

function checkReset(world: World, { token }: Body): void {
  if (token === "" || token !== world.resetToken)
    throw new Refusal(410, "IDENTITY_RESET_LINK_SPENT", "The link is spent.")
}

function requireCode({ userCode = "" }: Body): void {
  if (userCode.toUpperCase().replace("-", "") !== "BCDFGHJK")
    throw new Refusal(410, "IDENTITY_DEVICE_CODE_SPENT", "This code is used, expired or unknown.")
}

function account(body: Body): { email: string; name: string; password: string } {
  const { email = "", name = "", password = "" } = body
  if (password.length >= 10) return { email, name, password }
  throw new Refusal(422, "IDENTITY_WEAK_PASSWORD", "Expected a password of at least 10 characters.", {
    details: { reason: "short" },
  })
}

const routes: Readonly<Record<string, (world: World, request: Request, body: Body, inCookie: boolean) => Response>> = {
  "/v1/setup/check"(world, _request, body) {
    checkLink(world, body)
    return json({ ...setupState, expiresAt: new Date(Date.now() + 23.7 * 3_600_000).toISOString() })
  },
  "/v1/setup"(world, _request, body, inCookie) {
    checkLink(world, body)
    const made = addPerson(world, account(body), true)
    world.isSetUp = true
    return startSession(world, made, inCookie)
  },
  "/v1/auth/reset/check"(world, _request, body) {
    checkReset(world, body)
    const { email, name } = world.people[0] ?? person
    return json({ email, name, factors: true, expiresAt: new Date(Date.now() + 3_540_000).toISOString() })
  },
  "/v1/auth/reset"(world, _request, body) {
    checkReset(world, body)
    Object.assign(world.people[0] ?? {}, { password: account(body).password })
    world.resetToken = ""
    world.cookies.clear()
    return json(null, 204)
  },
  "/v1/auth/signin"(world, _request, body, inCookie) {
    const who = world.people.find((one) => one.email === body.email && one.password === body.password)
    if (who) return startSession(world, who, inCookie)
    throw new Refusal(401, "IDENTITY_WRONG_CREDENTIALS", "The address and the password do not belong together.")
  },
  "/v1/auth/ways"() {
    return json({ mail: false, providers: [] })
  },
  "/v1/auth/signup"(world, _request, body, inCookie) {
    const invite = world.invites.get(body.invite ?? "")
    if (!invite) throw new Refusal(403, "IDENTITY_SIGNUPS_CLOSED", "This install takes invited people only.")
    const who = addPerson(world, account(body))
    invite.project.members.push({
      userId: who.id,
      email: who.email,
      name: who.name,
      role: invite.role,
      joinedAt: now(),
    })
    return startSession(world, who, inCookie)
  },
  "/v1/auth/refresh"(world, request) {
    const who = world.cookies.get(cookieOf(request))
    if (!who) throw new Refusal(401, "IDENTITY_SESSION_ENDED", "The session has ended. Sign in again.")
    world.cookies.delete(cookieOf(request))
    return startSession(world, who, true)
  },
  "/v1/auth/device/check"(world, request, body) {
    callerOf(world, request)
    requireCode(body)
    const startedAt = now()
    const facts = { userAgent: "ashlar/0.1.0 (linux)", address: "203.0.113.7", startedAt, expiresAt: startedAt }
    return json(facts)
  },
  "/v1/auth/device/decide"(world, request, body) {
    callerOf(world, request)
    requireCode(body)
    return json(null, 204)
  },
  "/v1/auth/signout"(world, request) {
    world.cookies.delete(cookieOf(request))
    return new Response(null, { status: 204, headers: { "set-cookie": "ashlar_refresh=; Path=/v1/auth; Max-Age=0" } })
  },
}

const factors = [
  { id: "f1", kind: "totp", label: "Phone", createdAt: now(), lastUsedAt: now(), backedUp: null },
  { id: "f2", kind: "passkey", label: "Laptop", createdAt: now(), lastUsedAt: null, backedUp: true },
]
const chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
const sessions = [
  { id: "s1", userAgent: chrome, address: "203.0.113.7", current: true },
  { id: "s2", userAgent: "ashlar/0.1.0 (linux)", address: "198.51.100.9", current: false },
].map((one) => ({ ...one, createdAt: now(), lastUsedAt: now(), expiresAt: now() }))

/** Factors and sessions of whoever asks. */
export function accountApi(path: string, method: string): Response | undefined {
  if (path === "/v1/auth/mfa" && method === "GET") {
    const passkeys = { rpId: "localhost", origins: ["http://localhost:4000"] }
    return json({ factors, recoveryCodes: 9, passkeys })
  }
  if (path === "/v1/auth/identities" || path === "/v1/auth/mfa/devices") return json({ items: [] })
  if (path === "/v1/auth/sessions") return json({ items: sessions, next: null })
  return undefined
}

/** Setting up, signing in and out; undefined for every other path. */
export async function peopleApi(world: World, request: Request, path: string): Promise<Response | undefined> {
  const route = routes[path]
  if (!route) return undefined
  const body = (await request.json().catch(() => ({}))) as Body & { cookie?: boolean }
  return route(world, request, body, body.cookie === true)
}
