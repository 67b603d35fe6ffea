import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { createTestingApp, type TestingApp } from "../testing-app.ts"
import { runCli } from "../testing-io.ts"

const JOBS = `import { defineJob } from "@ashlar/queue"
export const works = defineJob("works", {}, () => undefined)
export const all = [defineJob("breaks", { attempts: 1 }, () => { throw new RangeError("it broke") })]
export const declared = defineJob("declared", {})
`
const PUSH = `import { openQueue } from "@ashlar/queue"
import { all, works } from "./src/jobs/letters.ts"
const queue = openQueue("sqlite:./app.db")
await queue.pushMany([works.of(), works.of(), all[0].of(), all[0].of()])
await queue.close()
`

describe("ashlar queue", () => {
  let app: TestingApp
  const run = (args: readonly string[], options: Parameters<typeof runCli>[1] = {}) =>
    runCli(["queue", ...args], { cwd: app.folder, ...options })
  const push = async () => {
    const child = Bun.spawn([process.execPath, "--no-install", "push.ts"], { cwd: app.folder, stderr: "inherit" })
    expect(await child.exited).toBe(0)
  }

  beforeAll(() => {
    app = createTestingApp({
      "ashlar.toml": '[database]\nurl = "sqlite:./app.db"\n',
      "push.ts": PUSH,
      "src/jobs/letters.ts": JOBS,
    })
  })
  afterAll(() => app[Symbol.dispose]())

  test("says how many jobs are where, and works on those that the app exports", async () => {
    expect((await run(["status"])).stdout).toContain("No jobs.")
    await push()
    const status = await run(["status"])
    expect([status.exitCode, status.stderr]).toEqual([0, ""])
    expect(status.stdout).toMatch(/works +2 +0 +0 +0 +0 +\d+\.\d s/)
    const worked = await run(["work", "--once"])
    expect([worked.exitCode, worked.stderr]).toEqual([0, ""])
    expect(worked.stdout).toContain("working on breaks, works")
    expect(worked.stdout).toMatch(/failed +\w{6} breaks in \d+ ms RangeError: it broke/)
    expect(worked.stdout).toContain("2 completed, 2 failed for good.")
  })
  test("lists what failed, lets it run again, and deletes it only when told to", async () => {
    const listed = await run(["failed"])
    expect(listed.stdout).toMatch(/breaks +\d{4}-.*Z +1 +RangeError +it broke/)
    const { failed } = (await run(["failed", "--job", "breaks", "--json"])).json() as { failed: { id: string }[] }
    expect(failed).toHaveLength(2)
    expect((await run(["retry", failed[0]!.id])).stdout).toBe("1 job will run again.\n")
    const { jobs } = (await run(["status", "--json"])).json() as { jobs: { name: string; waiting: number }[] }
    expect(jobs).toContainEqual(expect.objectContaining({ name: "breaks", waiting: 1, failed: 1 }))
    expect((await run(["redrive", "--job", "breaks"])).stdout).toBe("1 job will run again.\n")
    expect((await run(["redrive"])).exitCode).toBe(1)
    await run(["work", "--once"])
    expect((await run(["delete"])).stderr).toContain("CLI_USAGE")
    expect((await run(["delete", "--all"])).stderr).toContain("CLI_CONFIRMATION_NEEDED")
    expect((await run(["delete", "--all", "--yes"])).stdout).toBe("2 jobs deleted.\n")
    expect((await run(["failed"])).stdout).toContain("No failed jobs.")
  })
  test("pauses, and goes on; a worker that is told to stop lets its jobs end", async () => {
    expect((await run(["pause", "works"])).stdout).toBe("works is paused.\n")
    await push()
    await run(["work", "--once"])
    expect((await run(["status"])).stdout).toMatch(/works \(paused\) +2/)
    expect((await run(["resume", "works"])).stdout).toBe("works is going on.\n")
    const stop = new AbortController()
    let printed = ""
    const working = run(["work", "--jobs", "src/jobs/letters.ts"], {
      signal: stop.signal,
      onStdout: (text) => {
        printed += text
        if (printed.split("completed").length > 2) stop.abort()
      },
    })
    expect((await working).stdout).toContain("2 completed, 0 failed for good.")
  })
  test("listens: works anew with what a file has become", async () => {
    const stop = new AbortController()
    let printed = ""
    let hasWritten = false
    const listening = run(["listen"], {
      signal: stop.signal,
      onStdout: (text) => {
        printed += text
        if (printed.includes("working on breaks, works") && !hasWritten) {
          hasWritten = true
          // Its watcher was there before its process.
          app.write("src/jobs/more.ts", JOBS.replaceAll('"works"', '"more"').replaceAll('"breaks"', '"other"'))
        }
        if (printed.includes("more")) stop.abort()
      },
    })
    await listening
    expect(printed).toMatch(/working on .*more/)
  })
  test("shows how jobs are again and again where a terminal can redraw", async () => {
    const stop = new AbortController()
    let times = 0
    const onStderr = (text: string) => void (text.includes("works") && ++times === 2 && stop.abort())
    const shown = await run(["status"], { live: true, signal: stop.signal, onStderr })
    expect([shown.exitCode, times]).toEqual([0, 2])
  })
  test("runs a job that was generated, which is not written over", async () => {
    const generate = (...args: string[]) => runCli(["generate", "job", ...args], { cwd: app.folder })
    const written = await generate("mail.welcome", "--out", "made/mail-welcome.ts")
    expect([written.exitCode, written.stdout]).toEqual([0, expect.stringContaining("made/mail-welcome.ts is written.")])
    const worked = await run(["work", "--once", "--jobs", "made"])
    expect([worked.exitCode, worked.stdout]).toEqual([0, expect.stringContaining("working on mail.welcome")])
    expect((await generate("mail.welcome", "--out", "made/mail-welcome.ts")).stderr).toContain("is there already")
    expect((await generate("no name")).stderr).toContain("CLI_INPUT_INVALID")
  })
  test("says where there are no jobs, or no database", async () => {
    const nothing = await run(["work", "--jobs", "push-nothing.ts"])
    expect([nothing.exitCode, nothing.stderr]).toEqual([2, expect.stringContaining("QUEUE_OPTION_INVALID")])
    const none = await runCli(["queue", "status"], { cwd: "/nonexistent" })
    expect(none.stderr).toContain("CLI_DATABASE_NEEDED")
    const other = await run(["status"], { env: { QUEUE_URL: "sqlite:./other.db" } })
    expect(other.stdout).toContain("No jobs.")
  })
})
