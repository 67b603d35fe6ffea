// The SDK and the operator's client against a real platform: sessions, sharing, live logs, functions from an app.
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Admin, createAdmin, everyItem } from "@ashlar/admin"
import { createAshlar, createAuth, type Fetch, isRequestError, memoryTokenStore } from "@ashlar/sdk"
import { type PlatformServer, startServer } from "@ashlar/server"

const folder = mkdtempSync(join(tmpdir(), "ashlar-clients-"))
const person = { name: "Ada", email: "ada@example.org", password: "dressed stone, no mortar" }
let server: PlatformServer
let admin: Admin

beforeAll(async () => {
  const log = { info: () => {}, error: () => {} }
  server = await startServer({ port: 0, data: join(folder, "data"), log, checkResponses: true })
  admin = createAdmin({ url: server.url })
  await admin.auth.setUp({ token: new URL(server.setupLink ?? "").searchParams.get("token") ?? "", ...person })
  await admin.projects.create({ name: "Yard", slug: "yard" })
}, 30_000)

afterAll(async () => {
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
}, 30_000)

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => "no refusal",
    (error: unknown) => (isRequestError(error) ? error.code : error),
  )

describe("a session", () => {
  const signedIn = async (store = memoryTokenStore()) => {
    const auth = createAuth({ url: server.url, store })
    await auth.signIn(person)
    return auth
  }

  test("is renewed, by many calls at once as by one, and ends on sign-out", async () => {
    const auth = await signedIn()
    const first = await auth.session()
    await Promise.all(Array.from({ length: 10 }, () => auth.refresh()))
    const second = await auth.session()
    expect(second?.sessionId).toBe(first?.sessionId ?? "")
    expect(second?.refreshToken).not.toBe(first?.refreshToken)
    expect((await auth.me()).email).toBe(person.email)
    await auth.signOut()
    const again = createAuth({ url: server.url, store: memoryTokenStore(second) })
    expect(await codeOf(again.me())).toBe("IDENTITY_SESSION_ENDED")
    expect(await again.session()).toBeNull()
  })

  test("survives an access token that no longer works: one 401, one renewal, one repeat", async () => {
    const auth = await signedIn()
    const session = await auth.session()
    const broken = { ...session!, accessToken: `${session!.accessToken.slice(0, -4)}AAAA` }
    const store = memoryTokenStore(broken)
    const calls: string[] = []
    const fetch: Fetch = (input, init) => {
      calls.push(new URL(input).pathname)
      return globalThis.fetch(input, init)
    }
    const revived = createAdmin({ url: server.url, store, fetch })
    expect((await revived.projects.list()).items).toHaveLength(1)
    expect(calls).toEqual(["/v1/projects", "/v1/auth/refresh", "/v1/projects"])
  })

  test("in a cookie is restored after a reload, and its refresh token never reaches the page", async () => {
    let jar = ""
    const browser: Fetch = async (input, init) => {
      const headers = new Headers(init?.headers)
      if (jar) headers.set("cookie", jar)
      headers.set("origin", server.url)
      headers.set("sec-fetch-site", "same-origin")
      const answer = await fetch(input, { ...init, headers })
      for (const cookie of answer.headers.getSetCookie()) jar = cookie.split(";")[0] ?? ""
      return answer
    }
    const page = createAuth({ url: server.url, cookie: true, fetch: browser })
    await page.signIn(person)
    expect(jar).toStartWith("ashlar_refresh=")
    expect((await page.session())?.refreshToken).toBeNull()
    const reloaded = createAuth({ url: server.url, cookie: true, fetch: browser })
    expect((await reloaded.restore())?.email).toBe(person.email)
    await reloaded.signOut()
    const after = createAuth({ url: server.url, cookie: true, fetch: browser })
    expect(await after.restore()).toBeNull()
  })

  test("is listed beside the others, and can be ended from there", async () => {
    const auth = await signedIn()
    const other = await auth.session()
    const found = await Array.fromAsync(everyItem((page) => admin.sessions.list(page)))
    expect(found.filter(({ current }) => current)).toHaveLength(1)
    expect(found.map(({ id }) => id)).toContain(other?.sessionId ?? "")
    await admin.sessions.revoke(other?.sessionId ?? "")
    expect(await codeOf(auth.refresh())).toBe("IDENTITY_SESSION_ENDED")
  })
})

describe("a project", () => {
  test("is shared by an invite, with a role that holds", async () => {
    const added = await admin.members.add("yard", { email: "bob@example.org", role: "viewer" })
    expect(added.member).toBeNull()
    const bob = createAdmin({ url: server.url })
    await bob.auth.signUp({
      name: "Bob",
      email: "bob@example.org",
      password: person.password,
      invite: added.invite!.token,
    })
    expect((await bob.projects.list()).items).toMatchObject([{ slug: "yard", role: "viewer" }])
    expect(await codeOf(bob.collections.create("yard", { name: "mine" }))).toBe("CONTROL_FORBIDDEN")
    const me = await bob.me()
    await admin.members.change("yard", me.id, "developer")
    await bob.collections.create("yard", { name: "mine" })
    await admin.members.remove("yard", me.id)
    expect(await codeOf(bob.projects.get("yard"))).toBe("CONTROL_PROJECT_NOT_FOUND")
    const trail = await Array.fromAsync(everyItem((page) => admin.audit.list("yard", page)))
    expect(trail.map(({ action }) => action)).toContain("collection.create")
    expect(trail.find(({ action }) => action === "collection.create")?.actor.label).toContain("bob")
  })

  test("says what it can do, and that it is well", async () => {
    expect(await admin.health.live()).toMatchObject({ status: "ok" })
    expect(await admin.health.ready()).toMatchObject({ status: "ok" })
    expect((await admin.capabilities()).limits.maxDocumentBytes).toBeGreaterThan(0)
  })
})

interface Stone {
  code: string
  mass: number
  tags: string[]
  site: { name: string; depth: number }
}

describe("an app", () => {
  const stones: Stone[] = Array.from({ length: 300 }, (_, n) => ({
    code: `S${n}`,
    mass: n % 50,
    tags: n % 3 === 0 ? ["grey", "hard"] : ["red"],
    site: { name: n % 2 ? "hill" : "river", depth: n },
  }))

  test("stores, queries and changes typed documents with a key", async () => {
    await admin.collections.create("yard", {
      name: "stones",
      rules: { read: "publishable", create: "secret", update: "secret" },
    })
    const { secret } = await admin.keys.create("yard", { kind: "secret", name: "app" })
    const { secret: web } = await admin.keys.create("yard", { kind: "publishable", name: "web" })
    const mine = createAshlar({ url: server.url, key: secret }).collection<Stone>("stones")
    const theirs = createAshlar({ url: server.url, key: web }).collection<Stone>("stones")

    const inserted = await mine.insertMany(stones)
    expect(inserted.map(({ data }) => data)).toEqual(stones)
    expect(await codeOf(theirs.insert(stones[0]!))).toBe("DOCUMENTS_FORBIDDEN")

    const rows: [ReturnType<typeof theirs.where>, (stone: Stone) => boolean][] = [
      [theirs.where({ mass: { $gte: 10, $lt: 20 } }), ({ mass }) => mass >= 10 && mass < 20],
      [theirs.where({ tags: "hard" }), ({ tags }) => tags.includes("hard")],
      [theirs.where({ tags: { $all: ["grey", "hard"], $size: 2 } }), ({ tags }) => tags.length === 2],
      [
        theirs.where({ "site.name": "hill", "site.depth": { $gt: 200 } }),
        ({ site }) => site.name === "hill" && site.depth > 200,
      ],
      [
        theirs.where({ $or: [{ code: { $in: ["S1", "S2"] } }, { $not: { mass: { $lt: 49 } } }] }),
        ({ code, mass }) => code === "S1" || code === "S2" || mass >= 49,
      ],
      [theirs.where({ code: { $regex: "^S29", $type: "string" } }), ({ code }) => code.startsWith("S29")],
      [
        theirs.where({ tags: { $elemMatch: { $gt: "h" } }, $nor: [{ mass: 0 }] }),
        ({ tags, mass }) => tags.some((tag) => tag > "h") && mass !== 0,
      ],
    ]
    for (const [query, matches] of rows) {
      const expected = stones.filter(matches).map(({ code }) => code)
      expect(expected.length).toBeGreaterThan(0)
      expect((await query.sort("site.depth").all()).map(({ data }) => data.code)).toEqual(expected)
      expect(await query.count()).toEqual({ value: expected.length, exact: true })
    }
    const heavy = await theirs.where().sort("-mass", "code").select("code", "mass").first()
    expect(heavy?.data).toEqual({ code: "S149", mass: 49 })
    const paged: number[] = []
    for await (const page of theirs.where().sort("site.depth").limit(130).pages()) paged.push(page.length)
    expect(paged).toEqual([130])

    const { id } = inserted[0]!
    const changed = await mine.patch(
      id,
      { $inc: { mass: 5 }, $push: { tags: "new" }, $set: { "site.name": "sea" } },
      { rev: 1 },
    )
    expect(changed.data).toMatchObject({ mass: 5, tags: ["grey", "hard", "new"], site: { name: "sea", depth: 0 } })
    expect(await codeOf(mine.replace(id, stones[0]!, { rev: 1 }))).toBe("DOCUMENTS_REVISION_CONFLICT")
    expect(await codeOf(mine.replace(id, stones[0]!, { createOnly: true }))).toBe("DOCUMENTS_REVISION_CONFLICT")
    expect(await mine.get("nothing")).toBeNull()
    expect(await codeOf(mine.delete(id))).toBe("DOCUMENTS_FORBIDDEN")
  }, 20_000)

  test("calls a function, gets its answer or the reason why not, and the log resumes where it broke", async () => {
    const code = `export default { async fetch(request, ctx) {
      const { pathname } = new URL(request.url)
      ctx.log.info("called", { pathname })
      if (pathname === "/loop") for (;;) {}
      return new Response(request.method + " " + pathname + " " + await request.text(), { status: 418, headers: { "x-own": "1" } })
    } }`
    await admin.functions.deploy("yard", {
      name: "pot",
      runtime: "quickjs",
      code,
      access: "publishable",
      limits: { cpuMs: 100 },
    })
    const { secret } = await admin.keys.create("yard", { kind: "publishable", name: "caller" })
    const { functions } = createAshlar({ url: server.url, key: secret })
    const answer = await functions.invoke("pot", { path: "/brew", body: "tea" })
    expect([answer.status, answer.headers.get("x-own"), await answer.text()]).toEqual([418, "1", "POST /brew tea"])
    expect(await codeOf(functions.invoke("pot", { path: "/loop" }))).toBe("FUNCTIONS_CPU_LIMIT")
    expect(await codeOf(functions.invoke("nothing"))).toBe("FUNCTIONS_NOT_FOUND")
    const nobody = createAshlar({ url: server.url, project: "yard" })
    expect(await codeOf(nobody.functions.invoke("pot"))).toBe("CONTROL_CREDENTIALS_NEEDED")

    const { items } = await admin.functions.logs("yard", "pot", { limit: 100 })
    expect(items.map(({ kind }) => kind)).toEqual(["log", "request", "log", "kill", "request"])
    const seen: number[] = []
    for await (const { seq } of admin.functions.followLogs("yard", "pot", { after: items[1]!.seq })) {
      seen.push(seq)
      if (seen.length === 3) break
    }
    expect(seen).toEqual(items.slice(2).map(({ seq }) => seq))
    expect(await admin.functions.metrics("yard", "pot")).toMatchObject({ calls: 2, errors: 1 })
  }, 20_000)
})
