// `ashlar dev` over real apps: code is edited while requests come.
import { describe, expect, setDefaultTimeout, test } from "bun:test"
import { chmodSync, existsSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import type { DevEvent } from "../src/development/dev-event.ts"
import { createTestingApp, type TestingApp } from "../src/testing-app.ts"
import { startDev } from "../src/testing-dev.ts"
import { runCli } from "../src/testing-io.ts"

setDefaultTimeout(60_000)

/** An app in three files: services, routes, and the entry. What opens and closes is written to a file. */
const FILES = {
  "src/services.ts": `
    import { appendFileSync } from "node:fs"
    import { defineService } from "@ashlar/core"
    const note = (text: string) => appendFileSync("services.log", text + "\\n")
    export const Database = defineService({
      name: "database",
      open: () => { note("open database"); return { rows: 1 } },
      close: () => note("close database"),
    })
    export const Repository = defineService({
      name: "repository",
      async open(services) { const database = await services.get(Database); note("open repository"); return { count: () => database.rows } },
      close: () => note("close repository"),
    })
  `,
  "src/routes.ts": `
    import { get, routes } from "@ashlar/http"
    import { Repository } from "./services.ts"
    export const all = routes({ greeting: get("/greeting", () => "hello 0"), rows: get("/rows", async (ctx) => (await ctx.use(Repository)).count()) })
  `,
  "src/app.ts": `
    import { createApp } from "@ashlar/http"
    import { all } from "./routes.ts"
    const app = createApp()
    app.add(all)
    app.get("/slow", async () => { await new Promise((done) => setTimeout(done, 300)); return "slow" })
    export default app
  `,
}

const text = async (url: string): Promise<string> => (await fetch(url)).text()
const edit = (app: TestingApp, file: string, from: string, to: string): void => {
  const before = readFileSync(join(app.folder, file), "utf8")
  expect(before).toContain(from)
  app.write(file, before.replace(from, to))
}
const servicesLog = (app: TestingApp): string[] => {
  try {
    return readFileSync(join(app.folder, "services.log"), "utf8").trim().split("\n")
  } catch {
    return []
  }
}

function hasNode(): boolean {
  if (process.env.NODE_BIN) return true
  if (process.env.CI === "true") throw new TypeError("NODE_BIN says where Node is")
  console.warn("skipped: ashlar dev on Node: NODE_BIN is not set")
  return false
}

/** Asks again and again until told to stop; says how many answers there were, and what went wrong. */
function load(url: string): { stop(): Promise<{ answers: Set<string>; count: number; problems: string[] }> } {
  let isOver = false
  const answers = new Set<string>()
  const problems: string[] = []
  let count = 0
  const caller = async (): Promise<void> => {
    while (!isOver) {
      try {
        const response = await fetch(url, { keepalive: count % 2 === 0 })
        answers.add(await response.text())
        if (response.status !== 200) problems.push(String(response.status))
        count++
      } catch (error) {
        problems.push(String(error))
      }
    }
  }
  const callers = Array.from({ length: 4 }, caller)
  return {
    async stop() {
      isOver = true
      await Promise.all(callers)
      return { answers, count, problems }
    },
  }
}

describe("code that changes while requests come", () => {
  test("takes over without one that fails; port and services stay", async () => {
    using app = createTestingApp(FILES)
    await using dev = await startDev(app)
    expect(await text(`${dev.url}/rows`)).toBe("1")
    const requests = load(`${dev.url}/greeting`)
    const slow = Array.from({ length: 5 }, () => text(`${dev.url}/slow`))
    for (let round = 1; round <= 10; round++) {
      edit(app, "src/routes.ts", `hello ${round - 1}`, `hello ${round}`)
      const event = await dev.next("loaded")
      expect(event).toMatchObject({
        load: round + 1,
        files: ["src/routes.ts"],
        urls: [dev.url],
        services: { kept: ["database", "repository"], reopened: [], closed: [] },
      })
      expect(await text(`${dev.url}/greeting`)).toBe(`hello ${round}`)
      expect(await text(`${dev.url}/rows`)).toBe("1")
    }
    const { answers, count, problems } = await requests.stop()
    expect(problems).toEqual([])
    expect(count).toBeGreaterThan(50)
    expect(answers).toContain("hello 0")
    expect(answers).toContain("hello 10")
    expect(await Promise.all(slow)).toEqual(Array(5).fill("slow"))
    expect(servicesLog(app)).toEqual(["open database", "open repository"])
    expect(await dev.stop()).toBe(0)
    expect(servicesLog(app).slice(2)).toEqual(["close repository", "close database"])
  })

  test("that cannot be read, throws, or fails a boot check leaves the code before in place, and says where", async () => {
    using app = createTestingApp(FILES)
    await using dev = await startDev(app)
    const requests = load(`${dev.url}/greeting`)
    const breaks: [string, string, string, object][] = [
      ["src/routes.ts", `"hello 0"`, `"hello 0" +`, { name: "SyntaxError", frame: { file: "src/routes.ts", line: 4 } }],
      ["src/app.ts", "app.add(all)", `app.add(all); throw new RangeError("no")`, { name: "RangeError", message: "no" }],
      ["src/app.ts", "app.add(all)", `app.add(all); process.exit(3)`, { code: "HTTP_DEV_EXITED" }],
      ["src/app.ts", `"/slow"`, `"/greeting"`, { code: "HTTP_ROUTE_DUPLICATE" }],
      ["src/app.ts", "./routes.ts", "./gone.ts", { frame: { file: "src/app.ts", line: 3 } }],
      ["src/app.ts", "import { all }", "import { none }", { frame: { file: "src/app.ts" } }],
      ["src/routes.ts", "export const all", "export const every", { name: "SyntaxError" }],
    ]
    for (const [file, from, to, error] of breaks) {
      edit(app, file, from, to)
      const failed = await dev.next("failed")
      expect(failed).toMatchObject({ isServing: true, files: [file], error })
      expect(await text(`${dev.url}/greeting`)).toBe("hello 0")
      edit(app, file, to, from)
      await dev.next("loaded")
    }
    expect((await requests.stop()).problems).toEqual([])
  })

  test("brings new routes and takes old ones away, also by files that come and go", async () => {
    using app = createTestingApp({
      ...FILES,
      "src/app.ts": `
        import { loadRoutes } from "@ashlar/file-router/generator"
        import { createApp } from "@ashlar/http"
        const app = createApp()
        ;(await loadRoutes({ folder: "src/files" })).addRoutes(app)
        export default app
      `,
      "src/files/one.ts": 'import { get } from "@ashlar/http"; export const GET = get("/one", () => 1)',
    })
    await using dev = await startDev(app)
    app.write(
      "src/files/more/two.ts",
      'import { get } from "@ashlar/http"; export const GET = get("/more/two", () => 2)',
    )
    expect(await dev.next("loaded")).toMatchObject({ routes: 2, added: ["GET /more/two"], removed: [] })
    expect(await text(`${dev.url}/more/two`)).toBe("2")
    edit(app, "src/files/more/two.ts", "=> 2", "=> 22")
    await dev.next("loaded")
    expect(await text(`${dev.url}/more/two`)).toBe("22")
    rmSync(join(app.folder, "src/files/one.ts"))
    expect(await dev.next("loaded")).toMatchObject({ routes: 1, added: [], removed: ["GET /one"] })
    expect((await fetch(`${dev.url}/one`)).status).toBe(404)
  })

  for (const runtime of ["bun", "node"])
    test(`on ${runtime} keeps the manifest of route files as the files are`, async () => {
      if (runtime === "node" && !hasNode()) return
      const route = (path: string): string =>
        `import { get } from "@ashlar/http"; export const GET = get("${path}", () => 1)`
      using app = createTestingApp({
        "src/app.ts": `
          import { createApp } from "@ashlar/http"
          import { addRoutes } from "./made.ts"
          const app = createApp()
          addRoutes(app)
          export default app
        `,
        "src/made.ts":
          '// Written from the files of "./files" by @ashlar/file-router: do not edit.\nimport "./files/gone.ts"',
        "src/files/one.ts": route("/one"),
      })
      await using dev = await startDev(app, ["--port", "0", "--runtime", runtime])
      expect(dev.first).toMatchObject({ type: "failed" })
      expect(await dev.next("loaded")).toMatchObject({ load: 2, routes: 1 })
      app.write("src/files/more/[id].ts", route("/more/:id"))
      expect(await dev.next("loaded")).toMatchObject({ load: 3, routes: 2, added: ["GET /more/:id"] })
      expect(await text(`${dev.url}/more/1`)).toBe("1")
      app.write("src/files/more/[name].ts", route("/more/:name"))
      expect(await dev.next("failed")).toMatchObject({ load: 4, error: { code: "FILE_ROUTER_CONFLICT" } })
      rmSync(join(app.folder, "src/files/more/[id].ts"))
      expect(await dev.next("loaded")).toMatchObject({ load: 5, removed: ["GET /more/:id"] })
      expect(readFileSync(join(app.folder, "src/made.ts"), "utf8")).toContain('"/more/:name"')
      expect(readFileSync(join(app.folder, "src/made.ts"), "utf8")).not.toContain("[id]")
    })

  test("opens a service anew that it defines otherwise, and what needs it; no request fails meanwhile", async () => {
    using app = createTestingApp(FILES)
    await using dev = await startDev(app)
    await text(`${dev.url}/rows`)
    const requests = load(`${dev.url}/rows`)
    edit(app, "src/services.ts", "{ rows: 1 }", "{ rows: 2 }")
    expect(await dev.next("loaded")).toMatchObject({ services: { kept: [], reopened: ["database", "repository"] } })
    expect(await text(`${dev.url}/rows`)).toBe("2")
    edit(app, "src/services.ts", `name: "repository"`, `name: "shelf"`)
    expect(await dev.next("loaded")).toMatchObject({ services: { kept: ["database"], closed: ["repository"] } })
    expect(await text(`${dev.url}/rows`)).toBe("2")
    expect((await requests.stop()).problems).toEqual([])
    expect(servicesLog(app)).toEqual([
      "open database",
      "open repository",
      "close repository",
      "close database",
      "open database",
      "open repository",
      "close repository",
      "open repository",
    ])
  })

  test("fifty times keeps memory and what listens to the process as they are", async () => {
    using app = createTestingApp({
      "app.ts": `
        import { createApp } from "@ashlar/http"
        const ballast = Array.from({ length: 50_000 }, (_, at) => ({ at, text: "stone " + at }))
        process.on("SIGTERM", () => ballast.length)
        const loads = ((globalThis as { loads?: WeakRef<object>[] }).loads ??= [])
        loads.push(new WeakRef(ballast))
        const app = createApp()
        app.get("/", () => "round 0" + ballast.length)
        app.get("/facts", async () => {
          Bun.gc(true)
          await Bun.sleep(10)
          Bun.gc(true)
          const alive = loads.filter((one) => one.deref() !== undefined).length
          return { alive, bytes: process.memoryUsage().rss, listeners: process.listenerCount("SIGTERM") }
        })
        export default app
      `,
    })
    await using dev = await startDev(app)
    interface Facts {
      alive: number
      bytes: number
      listeners: number
    }
    const facts = async () => (await fetch(`${dev.url}/facts`)).json() as Promise<Facts>
    const rounds = async (from: number, to: number): Promise<void> => {
      for (let round = from; round < to; round++) {
        edit(app, "app.ts", `round ${round}`, `round ${round + 1}`)
        await dev.next("loaded")
      }
    }
    await rounds(0, 10)
    const early = await facts()
    await rounds(10, 60)
    const late = await facts()
    expect(late.listeners).toBe(1)
    expect(late.alive).toBeLessThanOrEqual(4)
    // What one load holds is some 6 MB; fifty that stayed would be 300.
    expect((late.bytes - early.bytes) / 1e6).toBeLessThan(100)
  })

  test.each(["bun", "node"])(
    "ends streams and sockets of the old code, so that they come again to the new (%s)",
    async (runtime) => {
      if (runtime === "node" && !hasNode()) return
      using app = createTestingApp({
        "app.ts": `
        import { createApp } from "@ashlar/http"
        import { events } from "@ashlar/http/sse"
        import { upgrade } from "@ashlar/http/upgrade"
        const app = createApp()
        app.get("/events", (ctx) => events(ctx, (stream) => void stream.send({ data: "code 1" })))
        app.get("/socket", { websocket: {} }, (ctx) => upgrade(ctx, { open: (connection) => void connection.send("code 1"), message() {} }))
        export default app
      `,
      })
      await using dev = await startDev(app, ["--port", "0", "--runtime", runtime])
      const stream = fetch(`${dev.url}/events`).then((response) => response.text())
      const closed = Promise.withResolvers<CloseEvent>()
      const connect = async (): Promise<{ socket: WebSocket; message: string }> => {
        const socket = new WebSocket(`${dev.url.replace("http", "ws")}/socket`)
        const { data } = await new Promise<MessageEvent<string>>((done) =>
          socket.addEventListener("message", done as never),
        )
        return { socket, message: data }
      }
      const first = await connect()
      first.socket.addEventListener("close", closed.resolve as never)
      expect(first.message).toBe("code 1")
      app.write("app.ts", readFileSync(join(app.folder, "app.ts"), "utf8").replaceAll("code 1", "code 2"))
      await dev.next("loaded")
      expect((await closed.promise).code).toBe(1001)
      expect(await stream).toContain("draining")
      const second = await connect()
      expect(second.message).toBe("code 2")
      second.socket.close()
    },
  )
})

describe("the start", () => {
  test("of code that fails opens the port all the same, and shows the error until it is corrected", async () => {
    using app = createTestingApp({ "app.ts": "const x = ;\n" })
    await using dev = await startDev(app)
    expect(dev.first).toMatchObject({ type: "failed", isServing: false, error: { name: "SyntaxError" } })
    const waiting = await fetch(`${dev.url}/anything`)
    expect([waiting.status, waiting.headers.get("retry-after")]).toEqual([503, "1"])
    expect(await waiting.json()).toMatchObject({ code: "HTTP_UNAVAILABLE", details: { at: "app.ts:1" } })
    app.write("app.ts", SMALL)
    expect(await dev.next("loaded")).toMatchObject({ urls: [dev.url], routes: 1 })
    expect(await text(`${dev.url}/`)).toBe("small")
  })

  test("takes the next free port when nobody insists on one, and says what is wrong otherwise", async () => {
    using busy = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("busy") })
    using app = createTestingApp({
      "app.ts": SMALL.replace("export default app", `await app.listen({ port: ${busy.port} })`),
    })
    await using dev = await startDev(app, [])
    expect(Number(new URL(dev.url).port)).toBeGreaterThan(busy.port!)
    await using other = await startDev(app, ["--port", String(busy.port)])
    expect(other.first).toMatchObject({ type: "failed", error: { code: "HTTP_LISTEN_FAILED" }, urls: [] })
  })

  test("that gives no app ends as soon as the code is corrected", async () => {
    const exported = "export default app"
    using app = createTestingApp({
      "app.ts": `import { createApp } from "@ashlar/http"; const app = createApp(); app.get("/", () => "here"); ${exported}`,
    })
    await using dev = await startDev(app)
    edit(app, "app.ts", exported, "")
    await Bun.sleep(300)
    edit(app, "app.ts", `"here");`, `"here again"); ${exported}`)
    const failed = await dev.next("failed")
    expect(failed).toMatchObject({ isServing: true, error: { code: "HTTP_DEV_ENTRY_INVALID", stack: [] } })
    expect(failed.durationMs).toBeLessThan(10_000)
    await dev.next("loaded")
  })

  test("moves to the port that changed code asks for", async () => {
    using app = createTestingApp({ "app.ts": SMALL.replace("export default app", "await app.listen({ port: 0 })") })
    await using dev = await startDev(app, [])
    edit(app, "app.ts", "{ port: 0 }", `{ port: 0, host: "::1" }`)
    const { urls } = await dev.next("loaded")
    expect(await text(urls.at(-1)!)).toBe("small")
    expect(urls.at(-1)).toStartWith("http://[::1]:")
    expect(fetch(dev.url)).rejects.toThrow()
  })

  test("serves every app that listens", async () => {
    const two = `
      import { createApp } from "@ashlar/http"
      for (const name of ["one", "two"]) {
        const app = createApp()
        app.get("/", () => name + " 1")
        await app.listen({ port: 0 })
      }
    `
    using app = createTestingApp({ "app.ts": two })
    await using dev = await startDev(app, [])
    const { urls } = dev.first as Extract<DevEvent, { type: "loaded" }>
    expect(await Promise.all(urls.map(text))).toEqual(["one 1", "two 1"])
    edit(app, "app.ts", `" 1"`, `" 2"`)
    expect(await dev.next("loaded")).toMatchObject({ urls, routes: 2 })
    expect(await Promise.all(urls.map(text))).toEqual(["one 2", "two 2"])
  })

  test("of an app that ends its process at once is given up: CLI_APP_FAILED", async () => {
    using app = createTestingApp({ "app.ts": `${SMALL}\nsetTimeout(() => process.exit(9), 50)` })
    const { exitCode, stdout } = await runCli(["dev", "--port", "0", "--json"], { cwd: app.folder })
    expect(exitCode).toBe(2)
    expect(JSON.parse(stdout.trim().split("\n").at(-1)!)).toMatchObject({
      error: { code: "CLI_APP_FAILED", message: expect.stringContaining("exit code 9") },
    })
  })

  test("without an app, or without the framework, is refused", async () => {
    using app = createTestingApp({})
    expect((await runCli(["dev"], { cwd: app.folder })).stderr).toContain("CLI_APP_MISSING")
    app.write("app.ts", SMALL)
    rmSync(join(app.folder, "node_modules"), { recursive: true })
    expect((await runCli(["dev"], { cwd: app.folder })).stderr).toContain("CLI_PACKAGE_MISSING")
  })
})

const SMALL = `
  import { createApp } from "@ashlar/http"
  const app = createApp()
  app.get("/", () => "small")
  export default app
`

describe("the terminal", () => {
  type Step = readonly [until: string, then: string | (() => void)]

  /** Runs the command as somebody does who sits there: waits for each text in turn, then presses a key or edits a file. */
  async function sitting(app: TestingApp, steps: readonly Step[]) {
    let all = ""
    let from = 0
    let at = 0
    let onKey: (key: string) => void = () => undefined
    return runCli(["dev", "--port", "0"], {
      cwd: app.folder,
      env: { PATH: process.env.PATH ?? "" },
      keys: (listener) => {
        onKey = listener
        return () => undefined
      },
      onStdout: (text) => {
        all += text
        const [until, then] = steps[at] ?? []
        if (until === undefined || then === undefined) return
        const found = all.indexOf(until, from)
        if (found === -1) return
        at++
        from = found + until.length
        if (typeof then === "string") onKey(then)
        else then()
      },
    })
  }

  test("shows addresses and keys, then a line for each load, and the code around an error", async () => {
    using app = createTestingApp({ "app.ts": SMALL })
    const { exitCode, stdout } = await sitting(app, [
      ["q stop", () => edit(app, "app.ts", "app.get", `app.get("/new", () => 1); app.get`)],
      ["reloaded", () => edit(app, "app.ts", `"small"`, `"small" +`)],
      ["Waiting for a change", () => app.write("app.ts", SMALL)],
      ["works again", "r"],
      ["reloaded", "q"],
    ])
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/ashlar dev \d.*bun · app\.ts/)
    expect(stdout).toMatch(/➜ {2}http:\/\/127\.0\.0\.1:\d+ +1 route, loaded in \d+ ms/)
    expect(stdout).toMatch(/➜ {2}http:\/\/127\.0\.0\.1:\d+\/_dev/)
    expect(stdout).toMatch(/✓ reloaded in \d+ ms {2}app\.ts {2}2 routes {2}\+ GET \/new/)
    expect(stdout).toMatch(/✗ app\.ts:4:\d+ SyntaxError: /)
    expect(stdout).toContain("❯ 4 │")
    expect(stdout).toContain("The code before goes on to answer. Waiting for a change.")
    expect(stdout).toMatch(/✓ works again in \d+ ms {2}app\.ts {2}1 route {2}- GET \/new/)
  })

  test("reopens services, restarts and shows keys on demand", async () => {
    using app = createTestingApp({
      "app.ts": `
        import { defineService } from "@ashlar/core"
        import { createApp } from "@ashlar/http"
        const Clock = defineService({ name: "clock", open: () => Date.now(), close: () => console.log("clock closed") })
        const app = createApp()
        app.get("/", (ctx) => ctx.use(Clock))
        setTimeout(() => app.fetch(new Request("http://x/")).then(() => console.log("clock open")), 20)
        export default app
      `,
    })
    const { exitCode, stdout } = await sitting(app, [
      ["clock open", "s"],
      ["reopens clock", "h"],
      ["R restart", "R"],
      ["ashlar dev", "q"],
    ])
    expect(exitCode).toBe(0)
    expect(stdout).toContain("clock closed")
    expect(stdout.match(/ashlar dev \d/g)).toHaveLength(2)
  })

  test("without anybody there prints one plain line for a start", async () => {
    using app = createTestingApp({ "app.ts": SMALL })
    const controller = new AbortController()
    const { exitCode, stdout, stderr } = await runCli(["dev", "--port", "0"], {
      cwd: app.folder,
      signal: controller.signal,
      onStdout: () => controller.abort(),
    })
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" })
    expect(stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+ {2}1 route, loaded in \d+ ms, page http\S+\/_dev\n$/)
  })

  test("names a file that is read only at the start", async () => {
    using app = createTestingApp({ "app.ts": SMALL })
    await using dev = await startDev(app)
    app.write(".env", "A=1")
    expect(await dev.next("stale")).toEqual({ type: "stale", file: ".env" })
  })

  test("opens the browser when told to", async () => {
    using app = createTestingApp({ "app.ts": SMALL, "browser.sh": '#!/bin/sh\necho "$1" > opened.txt\n' })
    chmodSync(join(app.folder, "browser.sh"), 0o755)
    await using dev = await startDev(app, ["--port", "0", "--open"], { BROWSER: join(app.folder, "browser.sh") })
    const opened = join(app.folder, "opened.txt")
    for (let tries = 0; !existsSync(opened) && tries < 100; tries++) await Bun.sleep(50)
    expect(readFileSync(opened, "utf8").trim()).toBe(dev.url)
  })
})

test("the app of the guide does what the guide says", async () => {
  const guide = readFileSync(join(import.meta.dir, "../../../docs/guides/development.md"), "utf8")
  const [, program = ""] = /```ts\n([\s\S]*?)```/.exec(guide) ?? []
  using app = createTestingApp({ "src/app.ts": program })
  await using dev = await startDev(app)
  expect([await text(dev.url), await text(dev.url)]).toEqual(["hello, visit 1", "hello, visit 2"])
  edit(app, "src/app.ts", "hello, visit", "welcome, visit")
  await dev.next("loaded")
  expect(await text(dev.url)).toBe("welcome, visit 3")
  edit(app, "src/app.ts", "{ count: 0 }", "{ count: 100 }")
  await dev.next("loaded")
  expect(await text(dev.url)).toBe("welcome, visit 101")
})

test("code that is imported by an alias is loaded anew too", async () => {
  using app = createTestingApp({
    "tsconfig.json": JSON.stringify({ compilerOptions: { baseUrl: ".", paths: { "@/*": ["src/*"] } } }),
    "src/app.ts": `
      import { createApp } from "@ashlar/http"
      import { word } from "@/lib/word"
      const app = createApp()
      app.get("/", () => word)
      export default app
    `,
    "src/lib/word.ts": 'export const word = "one"',
  })
  await using dev = await startDev(app)
  app.write("src/lib/word.ts", "export const word = ")
  expect(await dev.next("failed")).toMatchObject({ files: ["src/lib/word.ts"], isServing: true })
  app.write("src/lib/word.ts", 'export const word = "two"')
  await dev.next("loaded")
  expect(await text(dev.url)).toBe("two")
})

test("what the app prints goes to standard error beside JSON, and errors that nobody waits for end nothing", async () => {
  using app = createTestingApp({
    "app.ts": SMALL.replace(
      "export",
      'console.log("said"); setTimeout(() => { throw new RangeError("stray") }, 10); export',
    ),
  })
  await using dev = await startDev(app)
  for (let tries = 0; !dev.stderr().includes("stray") && tries < 100; tries++) await Bun.sleep(20)
  expect(dev.stderr()).toContain("said")
  expect(await text(dev.url)).toBe("small")
})

test("ends with the command, however that ends", async () => {
  using app = createTestingApp({ "app.ts": SMALL.replace('"small"', "String(process.pid)") })
  const dev = await startDev(app)
  const pid = Number(await text(dev.url))
  process.kill(dev.pid, "SIGKILL")
  await dev.exited
  const isAlive = (): boolean => {
    try {
      return process.kill(pid, 0)
    } catch {
      return false
    }
  }
  for (let tries = 0; isAlive() && tries < 100; tries++) await Bun.sleep(50)
  expect(isAlive()).toBe(false)
})

test("on Node code is loaded anew the same way", async () => {
  if (!hasNode()) return
  using app = createTestingApp(FILES)
  await using dev = await startDev(app, ["--port", "0", "--runtime", "node"])
  expect(await text(`${dev.url}/rows`)).toBe("1")
  const requests = load(`${dev.url}/greeting`)
  edit(app, "src/routes.ts", "hello 0", "hello 1")
  expect(await dev.next("loaded")).toMatchObject({ services: { kept: ["database", "repository"] } })
  expect(await text(`${dev.url}/greeting`)).toBe("hello 1")
  edit(app, "src/routes.ts", `"hello 1"`, `"hello 1" +`)
  expect(await dev.next("failed")).toMatchObject({
    isServing: true,
    error: { frame: { file: "src/routes.ts", line: 4 } },
  })
  edit(app, "src/routes.ts", `"hello 1" +`, `"hello 2"`)
  await dev.next("loaded")
  expect(await text(`${dev.url}/greeting`)).toBe("hello 2")
  expect((await requests.stop()).problems).toEqual([])
  expect(servicesLog(app)).toEqual(["open database", "open repository"])
  const page = await fetch(`${dev.url}/_dev/state`)
  expect(await page.json()).toMatchObject({ app: { runtime: expect.stringMatching(/^node \d/), load: 4 } })
})
