import { afterAll, describe, expect, test } from "bun:test"
import { cpSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { findServer } from "@ashlar/cache/testing/servers"
import { startProxy } from "@ashlar/core/testing/proxy"
import { createLog } from "../log.ts"
import { type PlatformServer, type ServerOptions, startServer } from "../server.ts"
import { raiseStage, type Stage } from "../testing/cast.ts"

const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})
function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "ashlar-backends-"))
  folders.push(path)
  return path
}

async function failureOf(options: ServerOptions): Promise<{ code: string; message: string } | undefined> {
  try {
    await (await startServer({ port: 0, data: join(folder(), "data"), ...options })).stop(0)
    return undefined
  } catch (error) {
    return error as { code: string; message: string }
  }
}

/** Asks until it is so: health is asked for once a second at most. */
async function untilReady(url: string, isReady: boolean): Promise<{ checks: Record<string, unknown> }> {
  for (let turn = 0; turn < 600; turn++) {
    const answer = await fetch(`${url}/health/ready`)
    const body = (await answer.json()) as { checks: Record<string, unknown> }
    if ((answer.status === 200) === isReady) return body
    await Bun.sleep(100)
  }
  throw new RangeError(`health did not become ${isReady ? "green" : "red"}`)
}

const trySignIn = async (url: string, email: string): Promise<number> => {
  const body = JSON.stringify({ email, password: "a wrong password" })
  const headers = { "content-type": "application/json" }
  const answer = await fetch(`${url}/v1/auth/signin`, { method: "POST", headers, body })
  await answer.body?.cancel()
  return answer.status
}

describe("a cache URL", () => {
  test.each([
    ["memroy:", "SERVER_BACKEND_INVALID", 'Did you mean "memory"?'],
    ["redis://u:hunter2@127.0.0.1:1", "SERVER_BACKEND_DOWN", "redis://***@127.0.0.1:1"],
    ["sqlite:./x.db?nothing=1", "SERVER_BACKEND_INVALID", "--cache"],
  ])("%s is refused at the start, and leaves the folder free", async (cache, code, said) => {
    const data = join(folder(), "data")
    const failure = await failureOf({ cache, data })
    expect(failure?.code).toBe(code)
    expect(failure?.message).toContain(said)
    expect(String(failure)).not.toContain("hunter2")
    expect(await failureOf({ data })).toBeUndefined()
  })

  test("says in health and metrics what is behind it", async () => {
    const server = await startServer({ port: 0, data: join(folder(), "data") })
    const { checks } = await untilReady(server.url, true)
    expect(checks).toMatchObject({ cache: { status: "ok", detail: "memory" } })
    expect(await (await fetch(`${server.url}/metrics`)).text()).toContain('ashlar_backend_up{backend="cache"} 1')
    await server.stop(0)
  })
})

const redis = await findServer("Redis")

describe.skipIf(redis === undefined)("a cache in Redis", () => {
  const prefix = `plat-${crypto.randomUUID().slice(0, 8)}`

  test("is shared by all nodes of an install, and by no other: attempts to sign in count together", async () => {
    const cache = `redis://127.0.0.1:${redis}?prefix=${prefix}`
    const stage = await raiseStage({ cache })
    await stage.server.stop(0)
    const copy = folder()
    cpSync(join(stage.data, "data"), join(copy, "data"), { recursive: true })
    const nodes: PlatformServer[] = []
    try {
      for (const data of [join(stage.data, "data"), join(copy, "data"), join(folder(), "data")])
        nodes.push(await startServer({ port: 0, data, cache, log: createLog(() => undefined) }))
      const [one, two, other] = nodes.map(({ url }) => url) as [string, string, string]
      const statuses: number[] = []
      for (let n = 0; n < 12; n++) statuses.push(await trySignIn(n % 2 === 0 ? one : two, "owner@example.com"))
      expect(statuses).toEqual([...Array(10).fill(401), 429, 429])
      expect(await trySignIn(other, "owner@example.com")).toBe(401)
    } finally {
      for (const node of nodes) await node.stop(0)
      rmSync(stage.data, { recursive: true, force: true })
    }
  }, 120_000)

  test("that goes away makes health red; sign-in goes on, deploys wait, and all is well when it is back", async () => {
    const proxy = await startProxy(redis!)
    const options = "connectTimeoutMs=500&commandTimeoutMs=500"
    let stage: Stage | undefined
    try {
      stage = await raiseStage({ cache: `redis://127.0.0.1:${proxy.port}?prefix=${prefix}&${options}` })
      const { url } = stage.server
      await untilReady(url, true)
      proxy.refuse(true)
      const { checks } = await untilReady(url, false)
      expect(checks).toMatchObject({ cache: { status: "failing", detail: "CACHE_STORE_FAILED" } })
      expect(JSON.stringify(checks)).not.toContain("127.0.0.1")
      expect(stage.log.join("\n")).toContain("the cache does not work")
      const statuses: number[] = []
      for (let n = 0; n < 11; n++) statuses.push(await trySignIn(url, "viewer@example.com"))
      expect(statuses).toEqual([...Array(10).fill(401), 429])
      const hello = { name: "hello", runtime: "quickjs", code: "export default { fetch: () => new Response('hi') }" }
      const refused = await stage.call("owner", "POST", "/v1/projects/walls/functions", hello)
      expect([refused.status, refused.body.code]).toEqual([503, "CACHE_STORE_FAILED"])
      proxy.refuse(false)
      await untilReady(url, true)
      expect((await stage.call("owner", "POST", "/v1/projects/walls/functions", hello)).status).toBe(201)
      expect(stage.log.join("\n")).toContain("the cache works again")
    } finally {
      await stage?.close()
      await proxy.close()
    }
  }, 120_000)
})
