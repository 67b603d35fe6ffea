import { expect, test } from "bun:test"
import { join } from "node:path"
import { onEachRuntime } from "../each-runtime.ts"

const file = (name: string): string => join(import.meta.dir, name)

onEachRuntime([file("offload-serve.ts"), file("tasks.ts"), file("other-tasks.ts")], (server) => {
  const ask = async (path: string, signal?: AbortSignal): Promise<{ status: number; value: never }> => {
    const response = await fetch(server.url + path, signal ? { signal } : {})
    return { status: response.status, value: (await response.json()) as never }
  }
  const isAlive = async (): Promise<boolean> => (await (await fetch(server.url)).text()) === "alive"

  test("a task runs in another thread, and its result comes back", async () => {
    expect(await ask("/add")).toEqual({ status: 200, value: 5 as never })
    expect(await ask("/default-pool")).toEqual({ status: 200, value: 50 as never })
    expect((await ask("/thread")).value).toBeGreaterThan(0)
  })
  test("a thread takes tasks of other modules too", async () => {
    expect(await (await fetch(`${server.url}/upper`)).text()).toBe("OTHER MODULE")
  })
  test("tasks run side by side, on no more threads than there may be", async () => {
    const began = performance.now()
    const threads = await Promise.all([1, 2, 3, 4].map(async () => (await ask("/sleep/200")).value))
    expect(new Set(threads).size).toBeLessThanOrEqual(2)
    expect(performance.now() - began).toBeGreaterThan(390)
  })

  test("a coded error keeps its code, its details and nothing else", async () => {
    const { status, value } = await ask("/conflict")
    expect(status).toBe(409)
    expect(value).toMatchObject({ code: "HTTP_CONFLICT", detail: "Revision 3 is newer", details: { current: 3 } })
    expect(JSON.stringify(value)).not.toContain("secret")
    expect(await ask("/failure")).toMatchObject({ status: 410, value: { code: "HTTP_GONE", detail: "Sold out" } })
  })
  test.each([
    ["/defect", "INTERNAL"],
    ["/odd-throw", "INTERNAL"],
    ["/uncloneable", "INTERNAL"],
    ["/uncloneable-input", "INTERNAL"],
    ["/exit", "HTTP_OFFLOAD_FAILED"],
    ["/late-defect", "INTERNAL"],
    ["/own", "HTTP_OFFLOAD_INVALID"],
    ["/missing", "HTTP_OFFLOAD_INVALID"],
  ])("%s fails with %s, and the next task is served", async (path, code) => {
    const { status, value } = await ask(path)
    expect(status).toBe(500)
    expect(value).toMatchObject({ code })
    expect(JSON.stringify(value)).not.toContain("secret of the thread")
    expect(await ask("/add")).toMatchObject({ status: 200 })
    expect(await ask("/thread")).toMatchObject({ status: 200 })
  })
  test("the log has the message and the stack of what failed in a thread", async () => {
    await ask("/defect")
    const lines = (await ask("/reported")).value as string[]
    expect(lines.filter((line) => line.includes("a secret of the thread")).at(-1)).toEndWith("in tasks")
  })

  test("a task that takes too long ends with its thread; the process goes on", async () => {
    const before = (await ask("/thread")).value
    const slow = ask("/timeout")
    expect(await isAlive()).toBe(true)
    expect(await slow).toMatchObject({ status: 503, value: { code: "HTTP_TIMEOUT", details: { timeoutMs: 100 } } })
    expect((await ask("/route-timeout")).status).toBe(503)
    expect((await ask("/thread")).value).toBeGreaterThan(before)
  })
  test("a task without a limit takes its time", async () => {
    expect(await ask("/no-limit")).toMatchObject({ status: 200 })
  })
  test("a caller who goes away ends the task", async () => {
    const gone = [1, 2].map(() => {
      const controller = new AbortController()
      const asked = fetch(`${server.url}/forever`, { signal: controller.signal }).catch(() => undefined)
      return { controller, asked }
    })
    await Bun.sleep(300)
    for (const { controller } of gone) controller.abort()
    await Promise.all(gone.map(({ asked }) => asked))
    // Both threads were taken: without their end this would wait for ten seconds.
    const began = performance.now()
    expect(await ask("/add")).toMatchObject({ status: 200 })
    expect((await ask("/thread")).status).toBe(200)
    expect(performance.now() - began).toBeLessThan(5000)
  })
  test("more than may wait are refused at once", async () => {
    const answers = await Promise.all([1, 2, 3, 4, 5, 6].map(() => ask("/sleep/1500")))
    const refused = answers.filter(({ status }) => status === 503)
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(4)
    expect(refused).toHaveLength(2)
    expect(refused[0]!.value).toMatchObject({ code: "HTTP_UNAVAILABLE", details: { retryAfterSeconds: 1 } })
  })
  test("buffers are moved, not copied, where it is asked for", async () => {
    expect((await ask("/move")).value).toEqual({ length: 1_000_000, left: 0, output: 1000, first: 7 } as never)
  })
  test("a pool that closes fails what is under way and what waits", async () => {
    expect((await ask("/close")).value).toEqual(["HTTP_UNAVAILABLE", "HTTP_UNAVAILABLE", "HTTP_UNAVAILABLE"] as never)
  })
  test("a thread without work ends after a while", async () => {
    expect((await ask("/idle")).value).toEqual({ reused: true, ended: true } as never)
  })
  test("the pool closes with the app, and no thread keeps the process", async () => {
    const forever = fetch(`${server.url}/forever`).catch(() => undefined)
    await Bun.sleep(200)
    server.child.kill("SIGTERM")
    const code = await Promise.race([server.child.exited, Bun.sleep(8000)])
    await forever
    expect(server.output()).toContain("stopped")
    expect(code).toBe(0)
  })
})
