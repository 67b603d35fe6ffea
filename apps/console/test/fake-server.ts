import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { keysApi, membersApi } from "./fake/access-api.ts"
import { json, page, problem, Refusal, trail } from "./fake/answers.ts"
import { appUsersApi } from "./fake/app-users-api.ts"
import { collectionsApi } from "./fake/collections-api.ts"
import type { Collection } from "./fake/documents.ts"
import { type FakeFunction, writeCall } from "./fake/functions.ts"
import { functionsApi, invoke } from "./fake/functions-api.ts"
import { kmsApi, secretsApi } from "./fake/kms-api.ts"
import { orgsApi } from "./fake/orgs-api.ts"
import { accountApi, callerOf, peopleApi } from "./fake/people-api.ts"
import {
  addProject,
  type Call,
  createWorld,
  findOrg,
  type Person,
  type Project,
  person,
  type World,
} from "./fake/world.ts"

/** What the tests reach into. */
export interface FakeServer {
  readonly url: string
  readonly setupToken: string
  readonly requests: readonly { method: string; path: string; at: number }[]
  /** Of the demo project. */
  collection(name: string): Collection
  function(name: string): FakeFunction
  /** A call that appears in the log as it happens. */
  call(name: string, path: string): void
  /** Answers these paths with a failure until they are taken out. */
  readonly failing: Map<string, Refusal>
  /** How long each answer takes. */
  delayMs: number
  stop(): Promise<void>
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
  requireMfa: false,
  database: { driver: "sqlite", durability: "fsync on every commit" },
  functions: {
    bun: { available: true, isolation: "sandboxed", detail: "bubblewrap" },
    quickjs: { available: true, isolation: "sandboxed", detail: "WebAssembly" },
  },
  limits: {},
}

const shown = ({ id, slug, name, role, org, createdAt }: Project) => {
  return { id, slug, name, role, organization: { id: org.id, name: org.name }, createdAt }
}

async function projectsApi(world: World, request: Request, url: URL, who: Person): Promise<Response> {
  const [, , , slug, area, name, part, id] = url.pathname.split("/").map(decodeURIComponent)
  const { method } = request
  const hasBody = method !== "GET" && method !== "DELETE"
  const body = (hasBody ? await request.json().catch(() => undefined) : undefined) as never
  const mine = world.projects.filter((project) => project.members.some((member) => member.userId === who.id))
  if (slug === undefined && method === "GET") return json(page(mine.map(shown), url))
  if (slug === undefined) {
    const wanted = body as { name: string; slug?: string; organization?: string }
    const derived = wanted.name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")
    return json(shown(addProject(world, who, wanted.name, wanted.slug ?? derived, wanted.organization)), 201)
  }
  const project = mine.find((one) => one.slug === slug || one.id === slug)
  if (!project) throw new Refusal(404, "CONTROL_PROJECT_NOT_FOUND", `No project is called ${slug}.`)
  const call: Call = { request, method, url, who, project, name, part, id, body }
  switch (area) {
    case undefined:
      return oneProject(world, call)
    case "audit":
      return json(trail(project.audit, url))
    case "auth":
      return appUsersApi(call)
    case "kms":
      return kmsApi(call)
    case "secrets":
      return secretsApi(call)
    case "transfer":
      project.org = findOrg(world, who, (body as { organization: string }).organization)
      return json(shown(project))
    case "keys":
      return keysApi(call)
    case "members":
      return membersApi(world, call)
    case "functions":
      return functionsApi(call)
    case "collections":
      return collectionsApi(call)
    default:
      throw new Refusal(404, "HTTP_NOT_FOUND", "Nothing is here.")
  }
}

function oneProject(world: World, { project, method, body }: Call): Response {
  if (method === "PATCH") project.name = (body as { name: string }).name
  if (method !== "DELETE") return json(shown(project))
  world.projects.splice(world.projects.indexOf(project), 1)
  return json(null, 204)
}

/** The built console, under the policy it was built for; every path that is no file is its page. */
function serveFile(dist: string, path: string): Response {
  const asset = join(dist, path)
  const isAsset = path !== "/" && !path.includes("..") && existsSync(asset)
  const { contentSecurityPolicy } = JSON.parse(readFileSync(join(dist, "csp.json"), "utf8"))
  const caching = isAsset ? "public, max-age=31536000, immutable" : "no-cache"
  const headers = { "cache-control": caching, "content-security-policy": contentSecurityPolicy }
  return new Response(Bun.file(isAsset ? asset : join(dist, "index.html")), { headers })
}

function pick<T extends { name: string }>(list: readonly T[] | undefined, name: string): T {
  const found = list?.find((one) => one.name === name)
  if (!found) throw new Refusal(500, "INTERNAL", `The demo has no ${name}.`)
  return found
}

/**
 * An Ashlar server with everything in memory: enough of the wire for the console to be developed and tested against.
 *
 * @param options `fresh`: an install where nobody has signed up.
 */
export function startFakeServer(options: { port?: number; fresh?: boolean } = {}): FakeServer {
  const dist = join(import.meta.dir, "..", "dist")
  const world = createWorld(options.fresh === true)
  const requests: { method: string; path: string; at: number }[] = []
  const failing = new Map<string, Refusal>()

  async function answer(request: Request, url: URL): Promise<Response> {
    const path = url.pathname
    if (!/^\/(v1|f|health)\//.test(path)) return serveFile(dist, path)
    requests.push({ method: request.method, path, at: Date.now() })
    if (fake.delayMs > 0) await Bun.sleep(fake.delayMs)
    const failure = failing.get(path)
    if (failure) throw failure
    if (path.startsWith("/f/")) return invoke(world, request, url)
    if (path.startsWith("/health/")) return json(health)
    if (path === "/v1/capabilities") return json(capabilities)
    const ofPeople = await peopleApi(world, request, path)
    if (ofPeople) return ofPeople
    const who = callerOf(world, request)
    const ofAccount = accountApi(path, request.method)
    if (ofAccount) return ofAccount
    if (path.startsWith("/v1/orgs")) return orgsApi(world, request, url, who)
    if (path.startsWith("/v1/projects")) return projectsApi(world, request, url, who)
    throw new Refusal(404, "HTTP_NOT_FOUND", "Nothing is here.")
  }

  const server = Bun.serve({
    port: options.port ?? 0,
    hostname: "127.0.0.1",
    idleTimeout: 0,
    async fetch(request) {
      try {
        return await answer(request, new URL(request.url))
      } catch (error) {
        if (error instanceof Refusal) return problem(error)
        console.error(error)
        return problem(new Refusal(500, "INTERNAL", "The fake failed."))
      }
    },
  })

  const fake: FakeServer = {
    url: `http://127.0.0.1:${server.port}`,
    setupToken: world.setupToken,
    requests,
    failing,
    delayMs: 0,
    collection: (name) => pick(world.projects[0]?.collections, name),
    function: (name) => pick(world.projects[0]?.functions, name),
    call(name, path) {
      const id = (0xd000 + Math.floor(Math.random() * 0xfff)).toString(16)
      const lines = [[2, "info", `called ${path}`]] as const
      writeCall(fake.function(name), { id, atMs: Date.now(), method: "GET", path, status: 200, durationMs: 5, lines })
    },
    stop: () => server.stop(true),
  }
  return fake
}

if (import.meta.main) {
  const [, , port = "4010", mode] = process.argv
  const fake = startFakeServer({ port: Number(port), fresh: mode === "fresh" })
  console.log(`${fake.url}/setup?token=${fake.setupToken}  (${person.email}, "${person.password}")`)
  if (mode !== "fresh") setInterval(() => fake.call("import-countries", "/status"), 7_000)
}
