import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { createTestingApp, type TestingApp } from "../testing-app.ts"
import { runCli } from "../testing-io.ts"

const NODE = `import { defineSchedule, openScheduler } from "@ashlar/scheduler"
const nightly = defineSchedule("nightly", { cron: "30 3 * * *", timeZone: "Europe/Berlin" }, () => undefined)
const broken = defineSchedule("broken", { everyMs: 86_400_000 }, () => { throw new RangeError("a secret") })
const scheduler = openScheduler("sqlite:./app.db", { schedules: [nightly, broken], pollEveryMs: 50 })
await scheduler.start()
console.log("ready")
process.stdin.once("data", async () => { await scheduler.stop(); process.exit(0) })
`

describe("ashlar schedule", () => {
  let app: TestingApp
  let node: ReturnType<typeof startNode>
  const startNode = () =>
    Bun.spawn([process.execPath, "--no-install", "node.ts"], { cwd: app.folder, stdin: "pipe", stdout: "pipe" })
  const run = (args: readonly string[], options: Parameters<typeof runCli>[1] = {}) =>
    runCli(["schedule", ...args], { cwd: app.folder, ...options })

  beforeAll(async () => {
    app = createTestingApp({ "ashlar.toml": '[database]\nurl = "sqlite:./app.db"\n', "node.ts": NODE })
    node = startNode()
    expect(new TextDecoder().decode((await node.stdout.getReader().read()).value)).toBe("ready\n")
  })
  afterAll(async () => {
    node.stdin.write("stop\n")
    node.stdin.flush()
    expect(await node.exited).toBe(0)
    app[Symbol.dispose]()
  })

  test("lists what is known, and when it runs next", async () => {
    const listed = await run(["list"])
    expect([listed.exitCode, listed.stderr]).toEqual([0, ""])
    expect(listed.stdout).toMatch(/nightly +30 3 \* \* \* Europe\/Berlin +\d{4}-\d\d-\d\d 0[12]:30:00Z +0/)
    expect(listed.stdout).toMatch(/broken +every 86,400,000 ms/)
    const { next } = (await run(["next", "nightly", "--count", "3", "--json"])).json() as { next: string[] }
    expect(next).toEqual([1, 2, 3].map(() => expect.stringMatching(/T0[12]:30:00\.000Z$/)))
  })
  test("has a node run one, tells how it went, and keeps it", async () => {
    const ran = await run(["run", "nightly", "--wait", "30"])
    expect([ran.exitCode, ran.stdout]).toEqual([0, expect.stringMatching(/^nightly succeeded, after \d+ ms\.\n$/)])
    const failed = await run(["run", "broken", "--wait", "30"])
    expect([failed.exitCode, failed.stdout]).toEqual([1, expect.stringMatching(/^broken failed: RangeError/)])
    const history = await run(["history", "broken"])
    expect(history.stdout).toMatch(/\d{4}-.* +failed +manual +\d+ ms +RangeError/)
    expect(history.stdout).not.toContain("secret")
    expect((await run(["run", "nightly", "--json"])).json()).toEqual({ id: expect.any(String) })
  })
  test("pauses, goes on, and forgets only when it is told to", async () => {
    expect((await run(["pause", "nightly"])).stdout).toBe("nightly is paused.\n")
    expect((await run(["list"])).stdout).toMatch(/nightly .* paused /)
    expect((await run(["resume", "nightly"])).stdout).toBe("nightly goes on.\n")
    expect((await run(["remove", "nightly"])).stderr).toContain("CLI_CONFIRMATION_NEEDED")
    expect((await run(["remove", "nightly", "--yes"])).stdout).toBe("nightly is forgotten.\n")
    const unknown = await run(["history", "nightly"])
    expect([unknown.exitCode, unknown.stderr]).toEqual([2, expect.stringContaining("SCHEDULER_UNKNOWN")])
  })
  test("says where there is no database, and takes another place", async () => {
    const elsewhere = await run(["list", "--scheduler", "sqlite:./other.db"])
    expect([elsewhere.exitCode, elsewhere.stdout]).toEqual([0, expect.stringContaining("No schedules")])
    const namespace = await run(["list", "--namespace", "other"], { env: { SCHEDULER_URL: "sqlite:./app.db" } })
    expect(namespace.stdout).toContain("No schedules")
  })
})
