import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { idSource, json, page, problem, Refusal } from "./fake/answers.ts"
import {
  ago,
  applyPatch,
  type Collection,
  type Data,
  demoCollections,
  explain,
  find,
  matches,
  type Query,
  type Stored,
  store,
} from "./fake/documents.ts"
import { demoFunctions, type FakeFunction, type LogLine, writeCall } from "./fake/functions.ts"

/** What the tests reach into. */
export interface FakeServer {
  readonly url: string
  readonly setupToken: string
  readonly requests: { method: string; path: string; at: number }[]
  collection(name: string): Collection
  function(name: string): FakeFunction
  /** A call that appears in the log as it happens. */
  call(name: string, path: string): void
  /** Answers this path with a failure until it is taken back. */
  failing: Map<string, Refusal>
  /** How long answers take. */
  delayMs: number
  stop(): Promise<void>
}

export interface FakeOptions {
  port?: number
  /** An install where nobody has signed up. */
  fresh?: boolean
  dist?: string
}

interface Person {
  id: string
  email: string
  name: string
  administrator: boolean
  createdAt: string
  password: string
}
interface Project {
  id: string
  slug: string
  name: string
  role: string
  createdAt: string
  collections: Collection[]
  functions: FakeFunction[]
  keys: Record<string, unknown>[]
  members: Record<string, unknown>[]
  audit: Record<string, unknown>[]
}

export const person = { email: "maya@northwall.dev", password: "a wall of dressed stone", name: "Maya Lindqvist" }
const DAY_MS = 86_400_000

/** An Ashlar server with everything in memory: enough of the wire for the console to be developed and tested against. */
export function startFakeServer(options: FakeOptions = {}): FakeServer {
  const dist = options.dist ?? join(import.meta.dir, "..", "dist")
  const csp = readCsp(dist)
  const nextId = idSource()
  const people: Person[] = []
  const projects: Project[] = []
  const bearers = new Map<string, Person>()
  const cookies = new Map<string, Person>()
  const invites = new Map<string, { project: Project; role: string }>()
  const setupToken = "first-stone"
  let setupLeft = options.fresh === true
  const requests: FakeServer["requests"] = []
  const failing: FakeServer["failing"] = new Map()

  const addPerson = (input: { email: string; name: string; password: string }, administrator: boolean): Person => {
    const made = { id: nextId(), createdAt: new Date().toISOString(), administrator, ...input }
    people.push(made)
    return made
  }
  const addProject = (owner: Person, name: string, slug: string): Project => {
    const made: Project = {
      id: nextId(),
      slug,
      name,
      role: "owner",
      createdAt: new Date().toISOString(),
      collections: [],
      functions: [],
      keys: [],
      audit: [],
      members: [
        { userId: owner.id, email: owner.email, name: owner.name, role: "owner", joinedAt: new Date().toISOString() },
      ],
    }
    projects.push(made)
    return made
  }
  const log = (
    project: Project,
    who: Person,
    action: string,
    target: string,
    details: object = {},
    at = new Date().toISOString(),
  ): void => {
    project.audit.unshift({
      id: nextId(),
      at,
      actor: { kind: "user", id: who.id, label: who.email },
      action,
      target,
      details,
    })
  }
  if (!options.fresh) {
    const maya = addPerson(person, true)
    const tomas = addPerson(
      { email: "tomas@northwall.dev", name: "Tomas Okafor", password: "another wall entirely" },
      false,
    )
    const atlas = addProject(maya, "atlas", "atlas")
    atlas.collections = demoCollections()
    atlas.functions = demoFunctions()
    atlas.members.push({
      userId: tomas.id,
      email: tomas.email,
      name: tomas.name,
      role: "developer",
      joinedAt: ago(12 * DAY_MS),
    })
    atlas.keys.push(
      {
        id: nextId(),
        kind: "publishable",
        name: "web app",
        hint: "TzVd",
        createdAt: ago(18 * DAY_MS),
        lastUsedAt: ago(180_000),
        expiresAt: null,
        revokedAt: null,
      },
      {
        id: nextId(),
        kind: "secret",
        name: "nightly import",
        hint: "91fd",
        createdAt: ago(9 * DAY_MS),
        lastUsedAt: null,
        expiresAt: new Date(Date.now() + 23 * DAY_MS).toISOString(),
        revokedAt: null,
      },
    )
    log(atlas, maya, "index.create", "population_-1", { collection: "countries", tookMs: 41 }, ago(19_000_000))
    log(atlas, tomas, "member.invite", "ines@northwall.dev", { role: "developer" }, ago(18_000_000))
    log(atlas, maya, "key.create", "nightly import", { kind: "secret" }, ago(12_000_000))
    log(atlas, tomas, "key.rotate", "web app", { kind: "publishable" }, ago(3_600_000))
    log(atlas, maya, "rules.update", "countries", { read: "publishable" }, ago(2_000_000))
    log(atlas, maya, "function.deploy", "import-countries", { version: 14, sizeBytes: 38_912 }, ago(1_320_000))
    addProject(maya, "Field notes", "field-notes")
  }

  function session(who: Person, wantsCookie: boolean): Response {
    const accessToken = `at-${nextId()}-${Math.random()}`
    const refreshToken = `rt-${Math.random()}`
    bearers.set(accessToken, who)
    cookies.set(refreshToken, who)
    const { password: _, ...user } = who
    const body = {
      user,
      sessionId: "s1",
      accessToken,
      accessTokenExpiresAt: new Date(Date.now() + 300_000).toISOString(),
      refreshToken: wantsCookie ? null : refreshToken,
    }
    return json(
      body,
      200,
      wantsCookie ? { "set-cookie": `ashlar_refresh=${refreshToken}; Path=/v1/auth; HttpOnly; SameSite=Strict` } : {},
    )
  }
  const cookieOf = (request: Request): string =>
    /ashlar_refresh=([^;]+)/.exec(request.headers.get("cookie") ?? "")?.[1] ?? ""
  const whoIs = (request: Request): Person => {
    const who = bearers.get(request.headers.get("authorization")?.replace("Bearer ", "") ?? "")
    if (!who) throw new Refusal(401, "IDENTITY_UNAUTHENTICATED", "Sign in first.")
    return who
  }

  async function people_(request: Request, path: string): Promise<Response | undefined> {
    const body = (request.method === "POST" ? await request.json().catch(() => ({})) : {}) as Record<string, string> & {
      cookie?: boolean
    }
    const wantsCookie = body.cookie === true
    switch (path) {
      case "/v1/setup/check":
        if (!setupLeft || body.token !== setupToken)
          throw new Refusal(410, "IDENTITY_SETUP_LINK_SPENT", "The link is spent.")
        return json({
          expiresAt: new Date(Date.now() + 23.7 * 3_600_000).toISOString(),
          version: "0.1.0",
          database: "sqlite",
          durability: "fsync on every commit",
          functions: { bun: "sandboxed", quickjs: "sandboxed" },
          signups: "closed",
        })
      case "/v1/setup": {
        if (!setupLeft || body.token !== setupToken)
          throw new Refusal(410, "IDENTITY_SETUP_LINK_SPENT", "The link is spent.")
        if ((body.password ?? "").length < 10)
          throw new Refusal(422, "VALIDATION_FAILED", "The request is not valid.", {
            errors: [
              { in: "body", pointer: "/password", code: "too_short", message: "Expected at least 10 characters." },
            ],
          })
        setupLeft = false
        return session(
          addPerson({ email: body.email ?? "", name: body.name ?? "", password: body.password ?? "" }, true),
          wantsCookie,
        )
      }
      case "/v1/auth/signin": {
        const who = people.find((one) => one.email === body.email && one.password === body.password)
        if (!who)
          throw new Refusal(401, "IDENTITY_WRONG_CREDENTIALS", "The address and the password do not belong together.")
        return session(who, wantsCookie)
      }
      case "/v1/auth/signup": {
        const invite = invites.get(body.invite ?? "")
        if (!invite) throw new Refusal(403, "IDENTITY_SIGNUPS_CLOSED", "This install takes invited people only.")
        const who = addPerson({ email: body.email ?? "", name: body.name ?? "", password: body.password ?? "" }, false)
        invite.project.members.push({
          userId: who.id,
          email: who.email,
          name: who.name,
          role: invite.role,
          joinedAt: new Date().toISOString(),
        })
        return session(who, wantsCookie)
      }
      case "/v1/auth/refresh": {
        const who = cookies.get(cookieOf(request))
        if (!who) throw new Refusal(401, "IDENTITY_SESSION_ENDED", "The session has ended. Sign in again.")
        cookies.delete(cookieOf(request))
        return session(who, true)
      }
      case "/v1/auth/signout":
        cookies.delete(cookieOf(request))
        return new Response(null, {
          status: 204,
          headers: { "set-cookie": "ashlar_refresh=; Path=/v1/auth; Max-Age=0" },
        })
    }
    return undefined
  }

  async function projectApi(request: Request, url: URL, who: Person): Promise<Response> {
    const [, , , slug, area, name, part, id] = url.pathname.split("/").map(decodeURIComponent)
    const { method } = request
    const mine = projects.filter((project) => project.members.some((member) => member.userId === who.id))
    if (slug === undefined) {
      if (method === "GET") return json(page(mine.map(publicProject), url))
      const body = (await request.json()) as { name: string; slug?: string }
      const wanted = body.slug ?? body.name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")
      if (projects.some((project) => project.slug === wanted))
        throw new Refusal(409, "CONTROL_SLUG_TAKEN", `The address ${wanted} is taken.`, {})
      return json(publicProject(addProject(who, body.name, wanted)), 201)
    }
    const project = mine.find((one) => one.slug === slug || one.id === slug)
    if (!project) throw new Refusal(404, "CONTROL_PROJECT_NOT_FOUND", `No project is called ${slug}.`)
    const body = (
      method === "GET" || method === "DELETE" ? undefined : await request.json().catch(() => undefined)
    ) as never
    if (area === undefined) {
      if (method === "PATCH") project.name = (body as { name: string }).name
      if (method === "DELETE") {
        projects.splice(projects.indexOf(project), 1)
        return json(null, 204)
      }
      return json(publicProject(project))
    }
    if (area === "audit") return json(page(project.audit, url))
    if (area === "keys") return keysApi(project, who, method, url, name, part, body)
    if (area === "members") return membersApi(project, who, method, url, name, body)
    if (area === "functions") return functionsApi(request, project, who, method, url, name, part, body)
    if (area === "collections") return collectionsApi(request, project, who, { method, url, name, part, id, body })
    throw new Refusal(404, "HTTP_NOT_FOUND", "Nothing is here.")
  }

  function keysApi(
    project: Project,
    who: Person,
    method: string,
    url: URL,
    id: string | undefined,
    part: string | undefined,
    body: Record<string, unknown>,
  ): Response {
    const make = (from: Record<string, unknown>): Response => {
      const secret = `ak_${from.kind}_${nextId().slice(-12)}_${crypto.randomUUID().replaceAll("-", "")}`
      const key = {
        id: nextId(),
        kind: from.kind,
        name: from.name,
        hint: secret.slice(-4),
        createdAt: new Date().toISOString(),
        lastUsedAt: null,
        expiresAt: from.expiresAt ?? null,
        revokedAt: null,
      }
      project.keys.push(key)
      return json({ key, secret }, 201)
    }
    if (id === undefined && method === "GET") return json(page(project.keys, url))
    if (id === undefined) {
      log(project, who, "key.create", String(body.name), { kind: body.kind })
      return make(body)
    }
    const key = project.keys.find((one) => one.id === id)
    if (!key) throw new Refusal(404, "CONTROL_KEY_NOT_FOUND", "No such key.")
    key.revokedAt = new Date().toISOString()
    log(project, who, part === "rotate" ? "key.rotate" : "key.revoke", String(key.name))
    return part === "rotate" ? make(key) : json(null, 204)
  }

  function membersApi(
    project: Project,
    who: Person,
    method: string,
    url: URL,
    id: string | undefined,
    body: Record<string, string>,
  ): Response {
    if (id === undefined && method === "GET") return json(page(project.members, url))
    if (id === undefined) {
      const known = people.find((one) => one.email === body.email)
      if (known) {
        const member = {
          userId: known.id,
          email: known.email,
          name: known.name,
          role: body.role,
          joinedAt: new Date().toISOString(),
        }
        project.members.push(member)
        return json({ member, invite: null }, 201)
      }
      const token = crypto.randomUUID()
      invites.set(token, { project, role: body.role ?? "viewer" })
      log(project, who, "member.invite", String(body.email), { role: body.role })
      return json(
        {
          member: null,
          invite: {
            token,
            email: body.email,
            role: body.role,
            expiresAt: new Date(Date.now() + 7 * DAY_MS).toISOString(),
          },
        },
        201,
      )
    }
    const member = project.members.find((one) => one.userId === id)
    const owners = project.members.filter((one) => one.role === "owner")
    if (member?.role === "owner" && owners.length === 1)
      throw new Refusal(409, "CONTROL_LAST_OWNER", "The last owner cannot leave. Make somebody else an owner first.")
    if (method === "DELETE") {
      project.members = project.members.filter((one) => one !== member)
      return json(null, 204)
    }
    if (member) member.role = body.role
    return json(member)
  }

  interface CollectionCall {
    method: string
    url: URL
    name: string | undefined
    part: string | undefined
    id: string | undefined
    body: never
  }

  function collectionsApi(
    request: Request,
    project: Project,
    who: Person,
    { method, url, name, part, id, body }: CollectionCall,
  ): Response {
    if (name === undefined) {
      if (method === "GET") return json(page(project.collections.map(publicCollection), url))
      const { name: wanted } = body as { name: string }
      if (project.collections.some((one) => one.name === wanted))
        throw new Refusal(409, "DOCUMENTS_COLLECTION_EXISTS", `There is a collection ${wanted} already.`)
      const made: Collection = {
        name: wanted,
        rules: { read: null, create: null, update: null, delete: null },
        indexes: [],
        documents: [],
        createdAt: new Date().toISOString(),
        updatedAt: new Date().toISOString(),
      }
      project.collections.push(made)
      log(project, who, "collection.create", wanted)
      return json(publicCollection(made), 201)
    }
    const collection = project.collections.find((one) => one.name === name)
    if (!collection) throw new Refusal(404, "DOCUMENTS_COLLECTION_NOT_FOUND", `No collection is called ${name}.`)
    if (part === undefined) return oneCollection(project, who, collection, method, body)
    if (part === "explain") return json(explain(collection, body))
    if (part === "query") return queryDocuments(collection, body)
    return documentsApi(request, collection, method, id, body)
  }

  function oneCollection(
    project: Project,
    who: Person,
    collection: Collection,
    method: string,
    body: {
      rules?: Collection["rules"]
      indexes?: {
        name?: string
        fields: (string | { path: string; direction: string })[]
        kind?: string
        unique?: boolean
      }[]
    },
  ): Response {
    if (method === "DELETE") {
      project.collections = project.collections.filter((one) => one !== collection)
      log(project, who, "collection.delete", collection.name)
      return json(null, 204)
    }
    if (method === "PATCH") {
      if (body.rules) {
        collection.rules = { ...collection.rules, ...body.rules }
        log(project, who, "rules.update", collection.name, body.rules)
      }
      if (body.indexes)
        collection.indexes = body.indexes.map((index) => {
          const fields = index.fields.map((field) =>
            typeof field === "string"
              ? { path: field.replace(/^-/, ""), direction: field.startsWith("-") ? "desc" : "asc" }
              : field,
          )
          return {
            name: index.name ?? fields.map((field) => `${field.path}_${field.direction === "desc" ? -1 : 1}`).join("_"),
            fields,
            kind: index.kind ?? "scalar",
            unique: index.unique ?? false,
          }
        })
    }
    return json(publicCollection(collection))
  }

  function queryDocuments(collection: Collection, query: Query): Response {
    const found = find(collection, query)
    const from = Number(query.cursor ?? 0)
    const limit = query.limit ?? 50
    return json({
      items: found.slice(from, from + limit),
      next: from + limit < found.length ? String(from + limit) : null,
      ...(query.count && {
        count: { value: collection.documents.filter((one) => matches(one.data, query.where)).length, exact: true },
      }),
    })
  }

  function documentsApi(
    request: Request,
    collection: Collection,
    method: string,
    id: string | undefined,
    body: Data | Data[],
  ): Response {
    if (id === undefined) {
      if (Array.isArray(body)) {
        const made = body.map((data) => store(data))
        collection.documents.push(...made)
        return json({ items: made }, 201)
      }
      const made = store(body)
      collection.documents.push(made)
      return json(made, 201, { etag: '"1"' })
    }
    const stored = collection.documents.find((one) => one.id === id)
    if (!stored) throw new Refusal(404, "DOCUMENTS_NOT_FOUND", "No document has this id.")
    if (method === "GET") return json(stored, 200, { etag: `"${stored.rev}"` })
    const expected = Number(/\d+/.exec(request.headers.get("if-match") ?? "")?.[0] ?? stored.rev)
    if (expected !== stored.rev)
      throw new Refusal(
        412,
        "DOCUMENTS_REVISION_CONFLICT",
        `Expected revision ${expected}, the document is at ${stored.rev}. Read it again.`,
        { details: { expected, current: stored.rev } },
      )
    if (method === "DELETE") {
      collection.documents.splice(collection.documents.indexOf(stored), 1)
      return json(null, 204)
    }
    stored.data = method === "PUT" ? (body as Data) : applyPatch(stored.data, body as Data)
    stored.rev++
    stored.updatedAt = new Date().toISOString()
    return json(stored, 200, { etag: `"${stored.rev}"` })
  }

  function functionsApi(
    request: Request,
    project: Project,
    who: Person,
    method: string,
    url: URL,
    name: string | undefined,
    part: string | undefined,
    body: never,
  ): Response {
    if (name === undefined) {
      if (method === "GET")
        return json(
          page(
            project.functions.map((one) => publicFunction(project, one)),
            url,
          ),
        )
      return deploy(project, who, body)
    }
    const target = project.functions.find((one) => one.name === name)
    if (!target) throw new Refusal(404, "FUNCTIONS_NOT_FOUND", `No function is called ${name}.`)
    const version = (one: FakeFunction["versions"][number]) => ({ ...one, active: one.version === target.active })
    if (part === "versions") return json(page([...target.versions].reverse().map(version), url))
    if (part === "metrics")
      return json({
        calls: target.calls,
        errors: target.errors,
        kills: target.errors > 4 ? { FUNCTIONS_WALL_LIMIT: 1 } : {},
        p50Ms: target.p95Ms / 2,
        p95Ms: target.p95Ms,
        coldStarts: 3,
        since: ago(3_600_000),
      })
    if (part === "logs") return logsApi(request, target, url)
    if (part === "rollback") {
      target.active = (body as { version?: number } | undefined)?.version ?? target.active - 1
      log(project, who, "function.rollback", name, { version: target.active })
    } else if (method === "DELETE") {
      project.functions = project.functions.filter((one) => one !== target)
      return json(null, 204)
    }
    return json(publicFunction(project, target))
  }

  function deploy(
    project: Project,
    who: Person,
    input: { name: string; runtime: "bun" | "quickjs"; code: string; access?: string },
  ): Response {
    if (!input.code.includes("export default"))
      throw new Refusal(422, "FUNCTIONS_BUNDLE_INVALID", "The bundle has no default export with a fetch handler.")
    let target = project.functions.find((one) => one.name === input.name)
    if (!target) {
      target = {
        name: input.name,
        runtime: input.runtime,
        access: input.access ?? "secret",
        active: 0,
        egress: [],
        env: [],
        versions: [],
        calls: 0,
        errors: 0,
        p95Ms: 0,
        logs: [],
        followers: new Set(),
      }
      project.functions.push(target)
    }
    target.active = target.versions.length + 1
    const version = {
      version: target.active,
      runtime: input.runtime,
      sha256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      sizeBytes: input.code.length,
      createdAt: new Date().toISOString(),
      createdBy: who.email,
    }
    target.versions.push(version)
    log(project, who, "function.deploy", input.name, { version: target.active })
    return json({ function: publicFunction(project, target), version: { ...version, active: true } }, 201)
  }

  function logsApi(request: Request, target: FakeFunction, url: URL): Response {
    if (url.searchParams.get("follow") !== "1") {
      const limit = Number(url.searchParams.get("limit") ?? 50)
      return json({ items: target.logs.slice(-limit), next: target.logs.length > limit ? "older" : null })
    }
    const after = Number(request.headers.get("last-event-id") ?? 0)
    let follower: ((line: LogLine) => void) | undefined
    let ping: ReturnType<typeof setInterval> | undefined
    const stream = new ReadableStream({
      start(controller) {
        const send = (line: LogLine): void =>
          controller.enqueue(`event: log\nid: ${line.seq}\ndata: ${JSON.stringify(line)}\n\n`)
        for (const line of target.logs) if (line.seq > after) send(line)
        follower = send
        target.followers.add(send)
        ping = setInterval(() => controller.enqueue("event: ping\ndata: {}\n\n"), 15_000)
      },
      cancel() {
        clearInterval(ping)
        if (follower) target.followers.delete(follower)
      },
    })
    return new Response(stream, { headers: { "content-type": "text/event-stream", "cache-control": "no-store" } })
  }

  async function invoke(request: Request, url: URL): Promise<Response> {
    const [, , slug, name, ...rest] = url.pathname.split("/")
    const target = projects.find((one) => one.slug === slug)?.functions.find((one) => one.name === name)
    if (!target) throw new Refusal(404, "FUNCTIONS_NOT_FOUND", "No such function.")
    if (target.access !== "public" && !request.headers.has("authorization"))
      throw new Refusal(401, "FUNCTIONS_FORBIDDEN", `Calling ${name} takes a secret key.`)
    const path = `/${rest.join("/")}`
    const id = (0x1000 + target.logs.length).toString(16).slice(-4)
    target.calls++
    writeCall(target, {
      id,
      atMs: Date.now(),
      method: request.method,
      path,
      status: 200,
      durationMs: 12,
      lines: [[4, "info", "answered from the console", { path }]],
    })
    const echo = {
      updated: 27,
      inserted: 0,
      took: "166 ms",
      path,
      body: request.method === "GET" ? null : await request.text(),
      first: { code: "AU", population: 27_194_286 },
    }
    return json(echo, 200, {
      "ashlar-invocation": `0199c4e2-8a00-7000-8000-00000000${id}`,
      "content-security-policy": "sandbox",
    })
  }

  const server = Bun.serve({
    port: options.port ?? 0,
    hostname: "127.0.0.1",
    idleTimeout: 0,
    async fetch(request) {
      const url = new URL(request.url)
      const path = url.pathname
      try {
        const isApi = path.startsWith("/v1/") || path.startsWith("/f/") || path.startsWith("/health/")
        if (!isApi) return file(dist, path, csp)
        requests.push({ method: request.method, path, at: Date.now() })
        if (fake.delayMs > 0) await Bun.sleep(fake.delayMs)
        const failure = failing.get(path)
        if (failure) throw failure
        if (path.startsWith("/f/")) return await invoke(request, url)
        if (path.startsWith("/health/")) return json(health)
        if (path === "/v1/capabilities") return json(capabilities)
        const answer = await people_(request.clone(), path)
        if (answer) return answer
        const who = whoIs(request)
        if (path.startsWith("/v1/projects")) return await projectApi(request, url, who)
        throw new Refusal(404, "HTTP_NOT_FOUND", "Nothing is here.")
      } catch (error) {
        if (error instanceof Refusal) return problem(error)
        console.error(error)
        return problem(new Refusal(500, "INTERNAL", "The fake failed."))
      }
    },
  })

  const atlas = (): Project => {
    const found = projects[0]
    if (!found) throw new Refusal(500, "INTERNAL", "No project yet.")
    return found
  }
  const pick = <T extends { name: string }>(list: readonly T[], name: string): T => {
    const found = list.find((one) => one.name === name)
    if (!found) throw new Refusal(500, "INTERNAL", `No ${name}.`)
    return found
  }
  const fake: FakeServer = {
    url: `http://127.0.0.1:${server.port}`,
    setupToken,
    requests,
    failing,
    delayMs: 0,
    collection: (name) => pick(atlas().collections, name),
    function: (name) => pick(atlas().functions, name),
    call: (name, path) =>
      writeCall(pick(atlas().functions, name), {
        id: (0xd000 + Math.floor(Math.random() * 0xfff)).toString(16),
        atMs: Date.now(),
        method: "GET",
        path,
        status: 200,
        durationMs: 5,
        lines: [[2, "info", `called ${path}`]],
      }),
    stop: () => server.stop(true),
  }
  return fake
}

const health = {
  status: "ready",
  checks: {
    api: { status: "ok", detail: "ready for 4 h" },
    writer: { status: "ok", detail: "fsync on every commit" },
    database: { status: "ok", detail: "SQLite, 7 files open" },
    functions: { status: "ok", detail: "bun and quickjs, sandboxed" },
    disk: { status: "warn", detail: "9 % free, 4.1 GB" },
    "root key": { status: "ok", detail: "key file, version 1" },
  },
}
const capabilities = {
  version: "0.1.0",
  signups: "closed",
  database: { driver: "sqlite", durability: "fsync on every commit" },
  functions: {
    bun: { available: true, isolation: "sandboxed", detail: "bubblewrap" },
    quickjs: { available: true, isolation: "sandboxed", detail: "WebAssembly" },
  },
  limits: {},
}

const publicProject = ({ id, slug, name, role, createdAt }: Project) => ({ id, slug, name, role, createdAt })
const publicCollection = ({ documents, ...rest }: Collection) => ({ ...rest, count: documents.length })
const publicFunction = (project: Project, { name, runtime, access, active, egress, env, versions }: FakeFunction) => ({
  name,
  runtime,
  access,
  version: active,
  url: `/f/${project.slug}/${name}`,
  egress,
  env,
  limits: {
    wallMs: 10_000,
    cpuMs: 2_000,
    memoryMb: runtime === "bun" ? 256 : 128,
    bodyBytes: 5_242_880,
    logLines: 1_000,
    concurrency: 8,
    queue: 64,
  },
  createdAt: versions[0]?.createdAt,
  updatedAt: versions.at(-1)?.createdAt,
})

function readCsp(dist: string): string | undefined {
  const path = join(dist, "csp.json")
  return existsSync(path)
    ? (JSON.parse(readFileSync(path, "utf8")) as { contentSecurityPolicy: string }).contentSecurityPolicy
    : undefined
}

function file(dist: string, path: string, csp: string | undefined): Response {
  const asset = join(dist, path)
  const found = path !== "/" && !path.includes("..") && existsSync(asset) ? asset : join(dist, "index.html")
  const headers: Record<string, string> =
    found === asset ? { "cache-control": "public, max-age=31536000, immutable" } : { "cache-control": "no-cache" }
  if (csp) headers["content-security-policy"] = csp
  return new Response(Bun.file(found), { headers })
}

if (import.meta.main) {
  const [, , port = "4010", mode] = process.argv
  const fake = startFakeServer({ port: Number(port), fresh: mode === "fresh" })
  console.log(`${fake.url}/setup?token=${fake.setupToken}  (${person.email}, "${person.password}")`)
  setInterval(() => mode !== "fresh" && fake.call("import-countries", "/status"), 7_000)
}

export type { Stored }
