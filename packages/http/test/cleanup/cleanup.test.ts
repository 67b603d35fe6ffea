import { beforeEach, expect, test } from "bun:test"
import { join } from "node:path"
import { onEachRuntime } from "../each-runtime.ts"

onEachRuntime(join(import.meta.dir, "cleanup-serve.ts"), (server) => {
  const takeTrace = async (): Promise<string[]> => (await (await fetch(`${server.url}/trace`)).json()) as string[]
  /** What is in the trace once it has so many lines, or after a while. */
  const traced = async (count: number): Promise<string[]> => {
    const lines: string[] = []
    for (let round = 0; round < 100 && lines.length < count; round++) {
      lines.push(...(await takeTrace()))
      await Bun.sleep(20)
    }
    return lines
  }
  beforeEach(async () => void (await takeTrace()))

  test.each<[string, number, string | undefined]>([
    ["/ok", 200, "ok"],
    ["/later", 200, "ok"],
    ["/failure", 409, undefined],
    ["/rejects", 410, undefined],
    ["/response-text", 200, "text"],
    ["/empty-stream", 204, ""],
  ])("what was deferred runs after %s (%d), the last first", async (path, status, body) => {
    const response = await fetch(server.url + path)
    expect(response.status).toBe(status)
    if (body !== undefined) expect(await response.text()).toBe(body)
    expect((await traced(2)).filter((line) => line !== "source ended")).toEqual(["second", "first"])
  })

  test("a defect is reported, and cleaned up after", async () => {
    expect((await fetch(`${server.url}/throws`)).status).toBe(500)
    expect(await traced(3)).toEqual(["reported TypeError: handler", "second", "first"])
  })

  test("an answer that cannot be sent is cleaned up after", async () => {
    expect((await fetch(`${server.url}/bad-answer`)).status).toBe(500)
    expect((await traced(3)).slice(1)).toEqual(["second", "first"])
  })

  test("a cleanup that throws is reported, and stops no other", async () => {
    expect(await (await fetch(`${server.url}/cleanup-throws`)).text()).toBe("ok")
    expect(await traced(3)).toEqual(["reported TypeError: cleanup", "second", "first"])
  })

  test.each(["/stream", "/iterable", "/response"])(
    "the body of %s is sent whole, and then cleaned up after",
    async (path) => {
      const response = await fetch(server.url + path)
      if (path === "/response") expect([response.status, response.headers.get("x-own")]).toEqual([203, "1"])
      expect(await response.text()).toBe("1 2 3 ")
      expect(await traced(3)).toEqual(["source ended", "second", "first"])
    },
  )

  test.each(["/late/iterable", "/late/events"])(
    "what is first deferred while %s goes on runs at its end",
    async (path) => {
      expect(await (await fetch(server.url + path)).text()).toContain("2")
      expect(await traced(3)).toEqual(["source ended", "second", "first"])
    },
  )

  test.each(["/endless/stream", "/endless/iterable", "/endless/response"])(
    "nothing of %s is cleaned up while its caller reads, and all of it when he goes",
    async (path) => {
      const controller = new AbortController()
      const response = await fetch(server.url + path, { signal: controller.signal })
      const reader = response.body!.getReader()
      await reader.read()
      await Bun.sleep(50)
      expect(await takeTrace()).toEqual([])
      controller.abort()
      await reader.read().catch(() => undefined)
      expect((await traced(3)).sort()).toEqual(["first", "second", "source ended"])
    },
  )

  test.each(["/endless/stream", "/endless/iterable"])("HEAD %s reads nothing, and cleans up", async (path) => {
    const response = await fetch(server.url + path, { method: "HEAD" })
    expect(response.status).toBe(200)
    expect((await traced(2)).filter((line) => line !== "source ended")).toEqual(["second", "first"])
  })

  test("a body that breaks off is cleaned up after", async () => {
    const broken = fetch(`${server.url}/breaks`, { headers: { connection: "close" } }).then((response) =>
      response.text(),
    )
    await expect(broken).rejects.toThrow()
    expect((await traced(3)).sort()).toEqual(["first", "reported TypeError: source", "second"])
  })

  test("a caller who goes away aborts the signal, and is cleaned up after", async () => {
    const controller = new AbortController()
    const asked = fetch(`${server.url}/waits`, { signal: controller.signal }).catch(() => undefined)
    await Bun.sleep(100)
    expect(await takeTrace()).toEqual([])
    controller.abort()
    await asked
    expect(await traced(3)).toEqual(["aborted", "second", "first"])
  })

  test("a handler whose time is over is cleaned up after, and so is what it defers later", async () => {
    const response = await fetch(`${server.url}/timeout`)
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([503, "HTTP_TIMEOUT"])
    expect((await traced(5)).slice(1)).toEqual(["second", "first", "handler ended", "deferred late"])
  })

  test("the end of a route's time reaches what its handler fetches", async () => {
    const began = performance.now()
    const response = await fetch(`${server.url}/asks-shortly`)
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([503, "HTTP_TIMEOUT"])
    expect(performance.now() - began).toBeLessThan(3000)
    const lines = await traced(4)
    expect(lines.filter((line) => !line.startsWith("reported")).sort()).toEqual([
      "asked",
      "fetch ended: HTTP_TIMEOUT",
      "upstream let go",
    ])
  })

  test("so does a caller who goes away", async () => {
    const controller = new AbortController()
    const asked = fetch(`${server.url}/asks`, { signal: controller.signal }).catch(() => undefined)
    await Bun.sleep(150)
    controller.abort()
    await asked
    const lines = await traced(4)
    expect(lines.filter((line) => !line.startsWith("reported")).sort()).toEqual([
      "asked",
      "fetch ended: gone",
      "upstream let go",
    ])
  })
})
