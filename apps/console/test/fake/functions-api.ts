import { json, page, Refusal } from "./answers.ts"
import { ago } from "./documents.ts"
import { type FakeFunction, type LogLine, writeCall } from "./functions.ts"
import { type Call, log, now, type Project, type World } from "./world.ts"

const shown = (project: Project, { name, runtime, access, active, egress, env, versions }: FakeFunction) => ({
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

export function functionsApi(call: Call): Response {
  const { request, project, who, method, url, name, part, body } = call
  if (name === undefined && method === "GET")
    return json(
      page(
        project.functions.map((one) => shown(project, one)),
        url,
      ),
    )
  if (name === undefined) return deploy(call)
  const target = project.functions.find((one) => one.name === name)
  if (!target) throw new Refusal(404, "FUNCTIONS_NOT_FOUND", `No function is called ${name}.`)
  const versions = target.versions.map((one) => ({ ...one, active: one.version === target.active })).reverse()
  if (part === "versions") return json(page(versions, url))
  if (part === "metrics") return json(metricsOf(target))
  if (part === "logs") return logsApi(request, target, url)
  if (part === "rollback") {
    target.active = (body as { version?: number } | undefined)?.version ?? target.active - 1
    log(project, who, "function.rollback", name, { version: target.active })
  } else if (method === "DELETE") {
    project.functions = project.functions.filter((one) => one !== target)
    return json(null, 204)
  }
  return json(shown(project, target))
}

function metricsOf({ calls, errors, p95Ms }: FakeFunction): object {
  const kills = errors > 4 ? { FUNCTIONS_WALL_LIMIT: 1 } : {}
  const measured = calls > 0 ? { p50Ms: p95Ms / 2, p95Ms } : { p50Ms: null, p95Ms: null }
  return { calls, errors, kills, ...measured, coldStarts: calls > 0 ? 3 : 0, since: ago(3_600_000) }
}

function deploy({ project, who, body }: Call): Response {
  const input = body as { name: string; runtime: "bun" | "quickjs"; code: string; access?: string }
  if (!input.code.includes("export default"))
    throw new Refusal(422, "FUNCTIONS_BUNDLE_INVALID", "The bundle has no default export with a fetch handler.")
  let target = project.functions.find((one) => one.name === input.name)
  if (!target) {
    const empty = {
      active: 0,
      egress: [],
      env: [],
      versions: [],
      calls: 0,
      errors: 0,
      p95Ms: 0,
      logs: [],
      followers: new Set<(line: LogLine) => void>(),
    }
    target = { name: input.name, runtime: input.runtime, access: input.access ?? "secret", ...empty }
    project.functions.push(target)
  }
  target.active = target.versions.length + 1
  const sha256 = new Bun.CryptoHasher("sha256").update(input.code).digest("hex")
  const version = {
    version: target.active,
    runtime: input.runtime,
    sha256,
    sizeBytes: input.code.length,
    createdAt: now(),
    createdBy: who.email,
  }
  target.versions.push(version)
  log(project, who, "function.deploy", input.name, { version: target.active, runtime: input.runtime })
  return json({ function: shown(project, target), version: { ...version, active: true } }, 201)
}

const PING_MS = 15_000

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
      ping = setInterval(() => controller.enqueue("event: ping\ndata: {}\n\n"), PING_MS)
    },
    cancel() {
      clearInterval(ping)
      if (follower) target.followers.delete(follower)
    },
  })
  return new Response(stream, { headers: { "content-type": "text/event-stream", "cache-control": "no-store" } })
}

/** Any call of a function: it is logged, and answers with what it was asked. */
export async function invoke({ projects }: World, request: Request, url: URL): Promise<Response> {
  const [, , slug, name, ...rest] = url.pathname.split("/")
  const target = projects.find((one) => one.slug === slug)?.functions.find((one) => one.name === name)
  if (!target) throw new Refusal(404, "FUNCTIONS_NOT_FOUND", "No such function.")
  if (target.access !== "public" && !request.headers.has("authorization"))
    throw new Refusal(401, "FUNCTIONS_CREDENTIALS_NEEDED", `Calling ${name} takes a secret key.`)
  const path = `/${rest.join("/")}`
  const id = (0x1000 + target.logs.length).toString(16).slice(-4)
  target.calls++
  const lines = [[4, "info", "answered from the console", { path }]] as const
  writeCall(target, { id, atMs: Date.now(), method: request.method, path, status: 200, durationMs: 12, lines })
  const body = request.method === "GET" ? null : await request.text()
  return json(
    { updated: 27, inserted: 0, took: "166 ms", path, body, first: { code: "AU", population: 27_194_286 } },
    200,
    {
      "ashlar-invocation": `0199c4e2-8a00-7000-8000-00000000${id}`,
      "content-security-policy": "sandbox",
    },
  )
}
