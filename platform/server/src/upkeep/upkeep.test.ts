import { afterAll, describe, expect, test } from "bun:test"
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { controlFeature } from "@ashlar/control"
import { manualClock } from "@ashlar/core"
import { identityFeature } from "@ashlar/identity"
import { kmsFeature } from "@ashlar/kms"
import { openScheduler } from "@ashlar/scheduler"
import { openSqlite } from "@ashlar/sqlite"
import { openStorage } from "@ashlar/storage"
import { eventsFeature } from "../events/event-relay.ts"
import { idempotencyFeature, pruneAnswers } from "../layers/idempotency.ts"
import { startServer } from "../server.ts"
import { raiseStage } from "../testing/cast.ts"
import { pushRemoval } from "./remove-storage.ts"
import { sweepBundles } from "./sweep-bundles.ts"

const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})
function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "ashlar-upkeep-"))
  folders.push(path)
  return path
}

async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 2_000; turn++) {
    if (await isSo()) return
    await Bun.sleep(20)
  }
  throw new RangeError(`it did not come to be: ${what}`)
}

describe("the storage of a deleted project", () => {
  test("is removed behind the answer", async () => {
    const stage = await raiseStage()
    const project = await stage.call("owner", "POST", "/v1/projects", { name: "Gone" })
    const file = join(stage.data, "data", "projects", `${project.body.id}.db`)
    expect(existsSync(file)).toBe(true)
    expect((await stage.call("owner", "DELETE", "/v1/projects/gone")).status).toBe(204)
    await until("the file is gone", () => !existsSync(file))
    await stage.close()
  }, 60_000)

  test("is removed after the next start, when the process died first; what is in use is left, whatever a job says", async () => {
    const stage = await raiseStage()
    const walls = (await stage.call("owner", "GET", "/v1/projects/walls")).body.id as string
    const other = (await stage.call("owner", "GET", "/v1/projects/other")).body.id as string
    const data = join(stage.data, "data")
    await stage.server.stop(0)
    // As after a kill between the commit of a deletion and all that follows it.
    const engine = openSqlite()
    const features = [identityFeature, controlFeature, idempotencyFeature, eventsFeature, kmsFeature]
    const system = await engine.open(join(data, "system.db"), { kind: "system", features })
    const change = {
      ...{ auditId: crypto.randomUUID(), projectId: other, atMs: 1 },
      actor: { kind: "system", id: "test", label: "test" },
    }
    await system.call("control.deleteProject", { change })
    await engine.close()
    expect(existsSync(join(data, "projects", `${other}.db`))).toBe(true)
    const server = await startServer({ port: 0, data })
    await until("the file is gone", () => !existsSync(join(data, "projects", `${other}.db`)))
    await until("nothing is noted any more", () => server.platform.control.projects.leftovers().length === 0)
    await server.stop(0)

    const again = await startServer({ port: 0, data })
    const { queue } = again.platform
    await pushRemoval(queue, walls)
    await until("the job is done", async () => (await queue.counts()).every((one) => one.waiting + one.active === 0))
    expect((await queue.counts()).reduce((sum, { failed }) => sum + failed, 0)).toBe(0)
    expect(existsSync(join(data, "projects", `${walls}.db`))).toBe(true)
    await again.stop(0)
    rmSync(stage.data, { recursive: true, force: true })
  }, 60_000)
})

describe("the code of functions", () => {
  const hello = {
    name: "hello",
    runtime: "quickjs",
    code: "export default { fetch: () => new Response('mark of code') }",
  }

  test("is in a folder of its own, and goes with its function and its project, behind the answer", async () => {
    const stage = await raiseStage()
    const bundles = join(stage.data, "data", "bundles")
    const kept = (): string[] =>
      readdirSync(bundles, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".js"))
    const functions = "/v1/projects/walls/functions"
    for (const name of ["hello", "other"])
      expect((await stage.call("owner", "POST", functions, { ...hello, name, access: "public" })).status).toBe(201)
    expect(kept()).toHaveLength(2)
    const { id } = (await stage.call("owner", "GET", "/v1/projects/walls")).body as { id: string }
    const file = readFileSync(join(stage.data, "data", "projects", `${id}.db`))
    expect(file.includes("mark of code")).toBe(false)
    expect((await stage.call("anonymous", "GET", "/f/walls/hello")).body).toBe("mark of code")
    expect((await stage.call("owner", "DELETE", `${functions}/hello`)).status).toBe(204)
    await until("one is gone", () => kept().length === 1)
    expect((await stage.call("owner", "DELETE", "/v1/projects/walls")).status).toBe(204)
    await until("both are gone", () => kept().length === 0)
    await stage.close()
  }, 60_000)

  test("without a version is found, unless it is young or its project is gone", async () => {
    const storage = openStorage("memory:")
    for (const key of ["a/f/1", "a/f/2", "b/f/3", "gone/f/4"]) await storage.put(`functions/${key}.js`, "code")
    const found: string[] = []
    const options = {
      storage,
      functions: {
        unusedBundles: async (_: string, keys: readonly string[]) => keys.filter((key) => !key.includes("2")),
      },
      hasProject: (projectId: string) => projectId !== "gone",
      discard: async (keys: readonly string[]) => void found.push(...keys),
      minAgeMs: 60_000,
    }
    expect(await sweepBundles({ ...options, nowMs: Date.now() })).toBe(0)
    expect(await sweepBundles({ ...options, nowMs: Date.now() + 61_000 })).toBe(2)
    expect(found).toEqual(["functions/a/f/1.js", "functions/b/f/3.js"])
    const ended = AbortSignal.abort(new RangeError("the server stops"))
    await expect(sweepBundles({ ...options, nowMs: 0 }, ended)).rejects.toThrow("the server stops")
    await storage.close()
  })

  test("has a storage that is named when it is wrong or away", async () => {
    for (const [storage, code] of [
      ["flie:./x", "SERVER_BACKEND_INVALID"],
      ["s3://key:hunter2@127.0.0.1:1/bucket?attempts=1&timeoutMs=500", "SERVER_BACKEND_DOWN"],
    ] as const) {
      const error = await startServer({ port: 0, data: join(folder(), "data"), storage }).catch((failure) => failure)
      expect([error.code, String(error).includes("hunter2")]).toEqual([code, false])
      expect(String(error)).toContain("storage")
    }
  }, 60_000)
})

const NAMES = ["destroy-keys", "prune-answers", "prune-app-users", "prune-sessions", "sweep-bundles", "sweep-leftovers"]

test("the schedules of an install are seen from outside, and can be run", async () => {
  const data = join(folder(), "data")
  const server = await startServer({ port: 0, data })
  const outside = openScheduler(`sqlite:${join(data, "jobs.db")}`)
  expect((await outside.list()).map(({ name }) => name)).toEqual(NAMES)
  for (const name of NAMES) {
    const id = await outside.runNow(name)
    await until(`${name} ran`, async () => (await outside.history(name)).some((run) => run.id === id))
    expect((await outside.history(name, 1))[0]).toMatchObject({ id, outcome: "succeeded", cause: "manual" })
  }
  await outside.stop()
  await server.stop(0)
}, 60_000)

test("answers that are kept for a day leave the file when they are pruned, however many they are, and no other", async () => {
  const engine = openSqlite()
  const file = await engine.open(join(folder(), "system.db"), { kind: "system", features: [idempotencyFeature] })
  const clock = manualClock()
  const write = (count: number, from: number): Promise<unknown> =>
    file.write(
      Array.from({ length: count }, (_, at) => ({
        sql: "INSERT INTO idempotency_answers (id, body_hash, status, head, body, created_at) VALUES (?, x'', 200, '', x'', ?)",
        params: [new Uint8Array(Buffer.from(`${from + at}`)), clock.now()],
      })),
    )
  await write(450, 0)
  clock.advance(24 * 3_600_000)
  await write(3, 450)
  expect(await pruneAnswers({ file, clock })).toBe(450)
  expect(file.get<{ count: number }>("SELECT count(*) AS count FROM idempotency_answers")).toEqual({ count: 3 })
  expect(await pruneAnswers({ file, clock })).toBe(0)
  const ended = AbortSignal.abort(new RangeError("the server stops"))
  expect(pruneAnswers({ file, clock }, ended)).rejects.toThrow("the server stops")
  await engine.close()
})
