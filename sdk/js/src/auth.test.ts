import { describe, expect, test } from "bun:test"
import { type AuthOptions, createAuth } from "./auth.ts"
import { memoryTokenStore, webTokenStore } from "./token-store.ts"
import { createTransport } from "./transport.ts"
import type { Session, User } from "./wire.ts"

const user: User = {
  id: "u1",
  email: "ada@example.org",
  name: "Ada",
  emailVerified: true,
  administrator: false,
  createdAt: "2026-01-01T00:00:00.000Z",
}

/** Sessions as the server keeps them: a refresh token works once, and reuse ends the session. */
function fakeIdentity(options: { lifeMs?: number; cookie?: boolean } = {}) {
  const calls: string[] = []
  let serial = 0
  let ended = true
  let expired = false
  const issue = (): Session => ({
    user,
    sessionId: "s1",
    accessToken: `access-${++serial}`,
    accessTokenExpiresAt: new Date(Date.now() + (options.lifeMs ?? 300_000)).toISOString(),
    refreshToken: options.cookie ? null : `refresh-${serial}`,
  })
  const refuse = (code: string, status = 401) => Response.json({ code, detail: code }, { status })
  const fetch = async (input: string, init: RequestInit = {}): Promise<Response> => {
    const { pathname } = new URL(input)
    const body = typeof init.body === "string" ? (JSON.parse(init.body) as Record<string, unknown>) : {}
    const bearer = new Headers(init.headers).get("authorization")
    calls.push(`${init.method} ${pathname}`)
    await Bun.sleep(2)
    if (pathname === "/v1/auth/signin" && body.password !== "right") return refuse("IDENTITY_WRONG_CREDENTIALS")
    if (pathname === "/v1/setup" && body.token !== "once") return refuse("IDENTITY_SETUP_LINK_SPENT", 410)
    if (["/v1/auth/signin", "/v1/auth/signup", "/v1/setup"].includes(pathname)) {
      expect(body.cookie).toBe(options.cookie)
      ended = false
      return Response.json(issue())
    }
    if (pathname === "/v1/auth/refresh") {
      const proof = options.cookie ? !ended : body.refreshToken === `refresh-${serial}`
      expired = false
      if (ended || !proof) {
        ended = true
        return refuse("IDENTITY_SESSION_ENDED")
      }
      return Response.json(issue())
    }
    if (bearer !== `Bearer access-${serial}` || ended || expired) return refuse("IDENTITY_TOKEN_EXPIRED")
    if (pathname === "/v1/auth/signout") {
      ended = true
      return new Response(null, { status: 204 })
    }
    return Response.json(user)
  }
  return {
    calls,
    fetch,
    /** The access token stops working. */
    expire: () => {
      expired = true
    },
    end: () => {
      ended = true
    },
  }
}

const url = "http://ashlar.test"
const code = (name: string) => expect.objectContaining({ code: name })
const refusal = (promise: Promise<unknown>) =>
  promise.then(
    () => "no refusal",
    (error: unknown) => error,
  )

describe("signing in", () => {
  test.each([
    ["signIn", "POST /v1/auth/signin"],
    ["signUp", "POST /v1/auth/signup"],
    ["setUp", "POST /v1/setup"],
  ] as const)("with %s keeps the session and tells about it", async (verb, call) => {
    const server = fakeIdentity()
    const auth = createAuth({ url, fetch: server.fetch })
    const told: (string | undefined)[] = []
    auth.onChange((session) => told.push(session?.accessToken))
    expect(await auth[verb]({ name: "Ada", email: "a@b.c", password: "right", token: "once" })).toEqual(user)
    expect(server.calls).toEqual([call])
    expect(told).toEqual(["access-1"])
    expect((await auth.session())?.refreshToken).toBe("refresh-1")
    expect(await auth.me()).toEqual(user)
  })

  test("with the wrong password keeps nothing", async () => {
    const auth = createAuth({ url, fetch: fakeIdentity().fetch })
    expect(await refusal(auth.signIn({ email: "a@b.c", password: "wrong" }))).toEqual(
      code("IDENTITY_WRONG_CREDENTIALS"),
    )
    expect(await auth.session()).toBeNull()
  })

  test("is needed before me and refresh", async () => {
    const server = fakeIdentity()
    const auth = createAuth({ url, fetch: server.fetch })
    expect(await refusal(auth.me())).toEqual(code("SDK_SIGNED_OUT"))
    expect(await refusal(auth.refresh())).toEqual(code("SDK_SIGNED_OUT"))
    expect(server.calls).toEqual([])
  })
})

async function signedIn(options: Partial<AuthOptions> = {}, identity: Parameters<typeof fakeIdentity>[0] = {}) {
  const server = fakeIdentity(identity)
  const auth = createAuth({ url, fetch: server.fetch, ...options })
  await auth.signIn({ email: "a@b.c", password: "right" })
  server.calls.length = 0
  const transport = createTransport({ url, fetch: server.fetch, authorizer: auth.authorizer, retries: 0 })
  const call = () => transport.json<User>({ path: "/v1/projects" })
  return { server, auth, call }
}

const count = (calls: readonly string[], what: string) => calls.filter((call) => call === what).length

describe("renewing", () => {
  test("happens before the access token runs out", async () => {
    const { server, call } = await signedIn({}, { lifeMs: 10_000 })
    expect(await call()).toEqual(user)
    expect(server.calls).toEqual(["POST /v1/auth/refresh", "GET /v1/projects"])
  })

  test("happens once for many calls at once", async () => {
    const { server, call } = await signedIn({}, { lifeMs: 10_000 })
    expect(await Promise.all(Array.from({ length: 20 }, call))).toHaveLength(20)
    expect(count(server.calls, "POST /v1/auth/refresh")).toBe(1)
  })

  test("happens once after a 401 to many calls, and each is repeated", async () => {
    const { server, auth, call } = await signedIn()
    // The server no longer takes the access token, though the clock says it lives.
    server.expire()
    expect(await Promise.all(Array.from({ length: 10 }, call))).toHaveLength(10)
    expect(count(server.calls, "POST /v1/auth/refresh")).toBe(1)
    expect((await auth.session())?.accessToken).toBe("access-2")
  })

  test("with a token that was used before ends in the server's code, and with no session", async () => {
    const { server, auth } = await signedIn()
    const stolen = memoryTokenStore(await auth.session())
    await auth.refresh()
    const other = createAuth({ url, fetch: server.fetch, store: stolen })
    expect(await refusal(other.refresh())).toEqual(code("IDENTITY_SESSION_ENDED"))
    expect(await other.session()).toBeNull()
  })

  test("uses what another tab or process has renewed, instead of ending the session", async () => {
    const store = memoryTokenStore()
    const { server, auth, call } = await signedIn({ store })
    const other = createAuth({ url, fetch: server.fetch, store })
    const refused = (await auth.session())!.accessToken
    await other.refresh()
    expect(await auth.authorizer.renew!(refused)).toBe("access-2")
    expect(await call()).toEqual(user)
    expect(count(server.calls, "POST /v1/auth/refresh")).toBe(1)
  })

  test("ahead of time is not done over and over when the clock is wrong", async () => {
    const { server, call } = await signedIn({}, { lifeMs: -3_600_000 })
    for (let n = 0; n < 5; n++) expect(await call()).toEqual(user)
    expect(count(server.calls, "POST /v1/auth/refresh")).toBe(1)
  })

  test("that is refused forgets the session; a server out of reach does not", async () => {
    const { server, auth } = await signedIn()
    server.end()
    expect(await refusal(auth.refresh())).toEqual(code("IDENTITY_SESSION_ENDED"))
    expect(await auth.session()).toBeNull()

    const down = await signedIn()
    const offline = createAuth({
      url,
      store: memoryTokenStore(await down.auth.session()),
      fetch: async () => Promise.reject(new TypeError("no route")),
    })
    expect(await refusal(offline.refresh())).toEqual(code("SDK_UNREACHABLE"))
    expect((await offline.session())?.accessToken).toBe("access-1")
  })
})

describe("signing out", () => {
  test("ends the session there and here", async () => {
    const { server, auth, call } = await signedIn()
    await auth.signOut()
    expect(server.calls).toEqual(["POST /v1/auth/signout"])
    expect(await auth.session()).toBeNull()
    expect(await refusal(call())).toEqual(code("IDENTITY_TOKEN_EXPIRED"))
  })

  test("with an old access token renews it first, so that the session really ends", async () => {
    const { server, auth } = await signedIn({}, { lifeMs: 1_000 })
    await auth.signOut()
    expect(server.calls).toEqual(["POST /v1/auth/refresh", "POST /v1/auth/signout"])
  })

  test("of a session that the server has ended is no error", async () => {
    const { server, auth } = await signedIn()
    server.end()
    await auth.signOut()
    expect(await auth.session()).toBeNull()
  })

  test("while a renewal is under way leaves nothing behind", async () => {
    const { auth } = await signedIn()
    await Promise.all([refusal(auth.refresh()), auth.signOut()])
    expect(await auth.session()).toBeNull()
  })
})

test("a sign-in overtakes a renewal: the old session's tokens are not kept", async () => {
  const server = fakeIdentity()
  const fetch = async (input: string, init?: RequestInit) => {
    const answer = await server.fetch(input, init)
    if (input.endsWith("/refresh")) await Bun.sleep(30)
    return answer
  }
  const auth = createAuth({ url, fetch })
  const credentials = { email: "a@b.c", password: "right" }
  await auth.signIn(credentials)
  const renewal = refusal(auth.refresh())
  await Bun.sleep(10)
  await auth.signIn(credentials)
  expect((await auth.session())?.accessToken).toBe("access-3")
  expect(await renewal).toEqual(code("SDK_SIGNED_OUT"))
  expect((await auth.session())?.accessToken).toBe("access-3")
})

describe("in cookie mode", () => {
  test("the refresh token never reaches the page, and a reload restores the session", async () => {
    const { server, auth } = await signedIn({ cookie: true }, { cookie: true })
    expect((await auth.session())?.refreshToken).toBeNull()
    const reloaded = createAuth({ url, fetch: server.fetch, cookie: true })
    expect(await reloaded.session()).toBeNull()
    expect(await reloaded.restore()).toEqual(user)
    expect((await reloaded.session())?.accessToken).toBe("access-2")
  })

  test("a visitor without the cookie is nobody, not an error", async () => {
    const auth = createAuth({ url, fetch: fakeIdentity({ cookie: true }).fetch, cookie: true })
    expect(await auth.restore()).toBeNull()
  })
})

describe("the web token store", () => {
  test("survives a reload, and takes garbage for nothing", async () => {
    const kept = new Map<string, string>()
    const storage = {
      getItem: (name: string) => kept.get(name) ?? null,
      setItem: (name: string, value: string) => void kept.set(name, value),
      removeItem: (name: string) => void kept.delete(name),
    }
    const { server, auth } = await signedIn({ store: webTokenStore(storage) })
    expect(await createAuth({ url, fetch: server.fetch, store: webTokenStore(storage) }).restore()).toEqual(user)
    kept.set("ashlar.session", "{broken")
    expect(await auth.restore()).toBeNull()
    await auth.signIn({ email: "a@b.c", password: "right" })
    await auth.signOut()
    expect(kept.size).toBe(0)
  })
})
