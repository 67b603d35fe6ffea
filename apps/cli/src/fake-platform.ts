import type {
  CollectionInfo,
  Document,
  FunctionInfo,
  FunctionVersion,
  Index,
  JsonObject,
  Key,
  LogLine,
  Project,
  Rules,
} from "@ashlar/sdk"

/**
 * A platform for this package's own tests, as the wire describes it: enough state to see what a command did, and
 * switches for what a real server does only on a bad day.
 */
export interface FakePlatform extends Disposable {
  readonly url: string
  /** `METHOD /path` of every request, in order. */
  readonly calls: string[]
  readonly projects: Map<string, Project>
  readonly collections: Map<string, CollectionInfo & { documents: Map<string, Document> }>
  readonly functions: Map<string, { info: FunctionInfo; versions: FunctionVersion[]; code: string }>
  readonly keys: Key[]
  readonly logs: LogLine[]
  /** Called before each request is answered; an answer of its own goes instead. */
  intercept: ((request: Request) => Response | undefined) | undefined
}

const NOW = "2026-11-20T10:00:00.000Z"
const user = { id: "u1", email: "ada@example.org", name: "Ada", administrator: true, createdAt: NOW }
const noRules: Rules = { read: null, create: null, update: null, delete: null }

export function refuse(status: number, code: string, detail = `${code}.`, more: object = {}): Response {
  const body = { type: `urn:ashlar:error:${code}`, title: code, status, code, detail, requestId: "req-1", ...more }
  return Response.json(body, { status, headers: { "content-type": "application/problem+json" } })
}

export function startFakePlatform(): FakePlatform {
  const fake: Omit<FakePlatform, "url" | typeof Symbol.dispose> = {
    calls: [],
    projects: new Map(),
    collections: new Map(),
    functions: new Map(),
    keys: [],
    logs: [],
    intercept: undefined,
  }
  let serial = 0
  const session = () => ({
    user,
    sessionId: "s1",
    accessToken: `access-${++serial}`,
    accessTokenExpiresAt: new Date(Date.now() + 300_000).toISOString(),
    refreshToken: `refresh-${serial}`,
  })

  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      const { pathname } = new URL(request.url)
      fake.calls.push(`${request.method} ${pathname}`)
      const own = fake.intercept?.(request)
      if (own) return own
      const text = await request.text()
      const body = text.startsWith("{") || text.startsWith("[") ? JSON.parse(text) : {}
      if (pathname.startsWith("/f/")) return invoke(fake, pathname, request.method, text)
      const open = route(pathname, request.method, body, session)
      if (open) return open
      if (!request.headers.get("authorization")) return refuse(401, "CONTROL_CREDENTIALS_NEEDED")
      if (pathname === "/v1/auth/me") return Response.json(user)
      const [, , , project, area, name, sub, id] = pathname.split("/").map(decodeURIComponent)
      if (pathname.startsWith("/v1/projects")) {
        const call = { fake, method: request.method, body, search: new URL(request.url).searchParams }
        return projectRoute(call, { project, area, name, sub, id })
      }
      return refuse(404, "HTTP_NOT_FOUND")
    },
  })
  return Object.assign(fake, {
    url: server.url.href.slice(0, -1),
    [Symbol.dispose]: () => void server.stop(true),
  })
}

function route(
  path: string,
  method: string,
  body: Record<string, unknown>,
  session: () => object,
): Response | undefined {
  switch (`${method} ${path}`) {
    case "POST /v1/setup/check":
    case "POST /v1/setup":
      if (body.token !== "once") return refuse(410, "IDENTITY_SETUP_LINK_SPENT")
      return path.endsWith("check") ? Response.json({ expiresAt: NOW }) : Response.json(session(), { status: 201 })
    case "POST /v1/auth/signup":
      if (body.invite !== "invited") return refuse(403, "IDENTITY_SIGNUPS_CLOSED")
      return Response.json(session(), { status: 201 })
    case "POST /v1/auth/signin/factor":
      if (body.ticket !== "si_once") return refuse(401, "IDENTITY_SECOND_STEP_OVER")
      if (body.code === "123456" || body.recoveryCode === "abcde-fghjk") return Response.json(session())
      return refuse(401, "AUTH_FACTOR_WRONG")
    case "POST /v1/auth/signin":
      if (body.password === "right" && body.email === "two@example.org") {
        const details = { ticket: "si_once", factors: ["totp", "recovery"], expiresAt: NOW }
        const problem = { code: "IDENTITY_SECOND_FACTOR_NEEDED", detail: "The password is right.", details }
        return Response.json(problem, { status: 401, headers: { "content-type": "application/problem+json" } })
      }
      return body.password === "right" ? Response.json(session()) : refuse(401, "IDENTITY_WRONG_CREDENTIALS")
    case "POST /v1/auth/signout":
      return new Response(null, { status: 204 })
    case "GET /v1/capabilities":
      return Response.json({
        version: "0.1.0",
        signups: "closed",
        database: { driver: "sqlite", durability: "fsync on every commit" },
        functions: {
          bun: { available: true, isolation: "sandboxed", detail: "bubblewrap" },
          quickjs: { available: true, isolation: "sandboxed", detail: "WebAssembly in bubblewrap" },
        },
        limits: {},
      })
    case "GET /health/ready":
      return Response.json({ status: "ok", checks: { storage: { status: "ok", detail: "12 ms" } } })
  }
}

interface Call {
  readonly fake: Omit<FakePlatform, "url" | typeof Symbol.dispose>
  readonly method: string
  // biome-ignore lint/suspicious/noExplicitAny: the bodies of many requests, of a test.
  readonly body: any
  readonly search: URLSearchParams
}
type Parts = Readonly<Record<"project" | "area" | "name" | "sub" | "id", string | undefined>>

const listOf = (items: Iterable<unknown>) => Response.json({ items: [...items], next: null })

function projectRoute(call: Call, parts: Parts): Response {
  const { fake, method, body } = call
  if (parts.project === undefined) {
    if (method === "GET") return listOf(fake.projects.values())
    const slug = body.slug ?? body.name.toLowerCase()
    if (fake.projects.has(slug)) return refuse(409, "CONTROL_SLUG_TAKEN")
    const project: Project = {
      id: `p-${slug}`,
      slug,
      name: body.name,
      role: "owner",
      organization: null,
      createdAt: NOW,
    }
    fake.projects.set(slug, project)
    return Response.json(project, { status: 201 })
  }
  const project = parts.project === "self" ? [...fake.projects.values()][0] : fake.projects.get(parts.project)
  if (!project) return refuse(404, "CONTROL_PROJECT_NOT_FOUND", `No project "${parts.project}".`)
  if (parts.area === "keys") return keyRoute(call, parts)
  if (parts.area === "collections") return collectionRoute(call, parts)
  if (parts.area === "functions") return functionRoute(call, parts, project)
  if (method === "DELETE") fake.projects.delete(project.slug)
  return method === "DELETE" ? new Response(null, { status: 204 }) : Response.json(project)
}

function keyRoute({ fake, method, body }: Call, { name: id }: Parts): Response {
  if (method === "GET") return listOf(fake.keys)
  const old = fake.keys.find((key) => key.id === id)
  if (id !== undefined && !old) return refuse(404, "CONTROL_KEY_NOT_FOUND")
  if (method === "DELETE") return new Response(null, { status: 204 })
  const kind = old?.kind ?? body.kind
  const key: Key = {
    id: `k${fake.keys.length + 1}`,
    kind,
    scopes: old?.scopes ?? body.scopes ?? null,
    name: old?.name ?? body.name,
    hint: "wxyz",
    createdAt: NOW,
    lastUsedAt: null,
    expiresAt: body.expiresAt ?? null,
    revokedAt: null,
  }
  fake.keys.push(key)
  return Response.json({ key, secret: `ak_${kind}_${key.id}_wxyz` }, { status: 201 })
}

function toIndex(request: unknown): Index {
  const long =
    typeof request === "object" && request !== null && "fields" in request ? request : { fields: [request].flat() }
  const fields = (long.fields as string[]).map((field) => ({
    path: field.replace(/^-/, ""),
    direction: field.startsWith("-") ? ("desc" as const) : ("asc" as const),
  }))
  return { name: fields.map(({ path }) => path).join("_"), kind: "scalar", unique: false, ...long, fields }
}

function collectionRoute(call: Call, parts: Parts): Response {
  const { fake, method, body } = call
  if (parts.name === undefined) {
    if (method === "GET") return listOf(fake.collections.values())
    const rules = { ...noRules, ...body.rules }
    const indexes = (body.indexes ?? []).map(toIndex)
    const info = { name: body.name, rules, indexes, count: 0, createdAt: NOW, updatedAt: NOW, documents: new Map() }
    fake.collections.set(body.name, info)
    return Response.json(info, { status: 201 })
  }
  const found = fake.collections.get(parts.name)
  if (!found) return refuse(404, "DOCUMENTS_COLLECTION_NOT_FOUND", `No collection "${parts.name}".`)
  if (parts.sub !== undefined) return documentRoute(call, parts, found.documents)
  if (method === "DELETE") {
    fake.collections.delete(parts.name)
    return new Response(null, { status: 204 })
  }
  const indexes = body.indexes
    ? body.indexes.map((index: Index) => (index.name ? index : toIndex(index)))
    : found.indexes
  const changed = { ...found, indexes, rules: { ...found.rules, ...body.rules }, count: found.documents.size }
  fake.collections.set(parts.name, changed)
  return Response.json(changed)
}

function documentRoute({ method, body }: Call, { sub, id }: Parts, documents: Map<string, Document>): Response {
  const store = (key: string, data: JsonObject): Document => {
    const rev = (documents.get(key)?.rev ?? 0) + 1
    const document = { id: key, rev, createdAt: NOW, updatedAt: NOW, data }
    documents.set(key, document)
    return document
  }
  if (sub === "explain")
    return Response.json({ sql: "SELECT", plan: ["SCAN"], index: null, scan: true, sorted: "none" })
  if (sub === "query") {
    const limit = body.limit ?? 50
    const items = [...documents.values()].slice(0, limit)
    const next = documents.size > limit ? "c1" : null
    return Response.json({ items, next, ...(body.count ? { count: { value: documents.size, exact: true } } : {}) })
  }
  if (id === undefined) {
    const fresh = (data: JsonObject) => store(`d${documents.size + 1}`, data)
    const answer = Array.isArray(body) ? { items: body.map(fresh) } : fresh(body)
    return Response.json(answer, { status: 201 })
  }
  if (method === "PUT") return Response.json(store(id, body))
  const found = documents.get(id)
  if (!found) return refuse(404, "DOCUMENTS_NOT_FOUND")
  if (method === "GET") return Response.json(found)
  if (method === "PATCH") return Response.json(store(id, { ...found.data, ...(body.$set ?? body) }))
  documents.delete(id)
  return new Response(null, { status: 204 })
}

function functionRoute({ fake, method, body, search }: Call, { name, sub }: Parts, project: Project): Response {
  if (name === undefined) {
    if (method === "GET") return listOf([...fake.functions.values()].map(({ info }) => info))
    const old = fake.functions.get(body.name)
    const version: FunctionVersion = {
      version: (old?.versions.length ?? 0) + 1,
      runtime: body.runtime,
      sha256: new Bun.CryptoHasher("sha256").update(body.code).digest("hex"),
      sizeBytes: body.code.length,
      active: true,
      createdAt: NOW,
      createdBy: "Ada",
    }
    const memoryMb = body.runtime === "bun" ? 256 : 128
    const usual = { wallMs: 10_000, cpuMs: 2_000, memoryMb, bodyBytes: 5_242_880 }
    const limits = { ...usual, logLines: 1_000, concurrency: 8, queue: 64 }
    const info: FunctionInfo = {
      name: body.name,
      runtime: body.runtime,
      access: body.access ?? "secret",
      version: version.version,
      url: `/f/${project.slug}/${body.name}`,
      egress: body.egress ?? [],
      env: Object.keys(body.env ?? {}),
      limits: { ...limits, ...body.limits },
      createdAt: NOW,
      updatedAt: NOW,
    }
    const versions = [version, ...(old?.versions ?? []).map((other) => ({ ...other, active: false }))]
    fake.functions.set(body.name, { info, versions, code: body.code })
    return Response.json({ function: info, version }, { status: 201 })
  }
  const found = fake.functions.get(name)
  if (!found) return refuse(404, "FUNCTIONS_NOT_FOUND")
  if (sub === "versions") return listOf(found.versions)
  if (sub === "rollback") return Response.json({ ...found.info, version: body.version ?? found.info.version - 1 })
  if (sub === "metrics")
    return Response.json({ calls: 3, errors: 1, kills: { wall: 1 }, p50Ms: 2, p95Ms: null, coldStarts: 1, since: NOW })
  if (sub === "logs") return search.has("follow") ? liveLogs(fake.logs) : listOf(fake.logs.slice(0, 1))
  if (method === "DELETE") fake.functions.delete(name)
  return method === "DELETE" ? new Response(null, { status: 204 }) : Response.json(found.info)
}

/** All lines but the first, and then silence. */
function liveLogs(lines: readonly LogLine[]): Response {
  const text = lines.slice(1).map((line) => `event: log\nid: ${line.seq}\ndata: ${JSON.stringify(line)}\n\n`)
  const body = new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode(text.join(""))),
  })
  return new Response(body, { headers: { "content-type": "text/event-stream" } })
}

function invoke(fake: Call["fake"], path: string, method: string, body: string): Response {
  const [, , , name = ""] = path.split("/")
  if (!fake.functions.has(name)) return refuse(404, "FUNCTIONS_NOT_FOUND")
  const status = path.endsWith("/broken") ? 500 : 200
  return Response.json({ path, method, body }, { status, headers: { "ashlar-invocation": "inv-1" } })
}
