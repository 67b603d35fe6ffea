import { afterAll, describe, expect, test } from "bun:test"
import { createCpuClock } from "./cpu-clock.ts"
import { type SampleOptions, takeSample } from "./sample.ts"
import { wireOf } from "./workload.ts"

let asked = 0
const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  async fetch(request) {
    asked++
    if (request.method === "POST") return new Response(String((await request.text()).length))
    return new URL(request.url).pathname === "/" ? new Response("hi") : new Response("no", { status: 404 })
  },
})
afterAll(() => server.stop(true))

function sampleOf(options: Partial<SampleOptions>): ReturnType<typeof takeSample> {
  return takeSample({
    port: server.port ?? 0,
    pid: process.pid,
    request: wireOf({ method: "GET", path: "/" }),
    status: 200,
    connections: 4,
    warmCpuMs: 20,
    measureCpuMs: 100,
    cpuClock: createCpuClock(),
    ...options,
  })
}

describe("a sample", () => {
  test("counts the answers of its measured time, and what they cost", async () => {
    asked = 0
    const { answers, cpuUs } = await sampleOf({})
    expect(answers).toBeGreaterThan(10)
    expect(asked).toBeGreaterThanOrEqual(answers)
    // As much processor time as was asked for, and what the last look at the clock was late.
    expect(cpuUs).toBeGreaterThanOrEqual(100_000)
    expect(cpuUs).toBeLessThan(1_000_000)
    expect(cpuUs / answers).toBeGreaterThan(1) // both ends are this process: no answer costs less
  })
  test("sends a body that no socket takes at once", async () => {
    const body = "x".repeat(900_000)
    const { answers } = await sampleOf({ request: wireOf({ method: "POST", path: "/", body }), measureCpuMs: 200 })
    expect(answers).toBeGreaterThan(0)
  })
  test("stops at an answer of another status", async () => {
    const request = wireOf({ method: "GET", path: "/nope" })
    await expect(sampleOf({ request })).rejects.toThrow("Expected 200, got HTTP/1.1 404")
  })
  test("stops when a server closes its connections", async () => {
    const closing = Bun.listen({ port: 0, hostname: "127.0.0.1", socket: { data: (socket) => void socket.end() } })
    await expect(sampleOf({ port: closing.port })).rejects.toThrow("closed a connection")
    closing.stop(true)
  })
  test("stops when no answer comes", async () => {
    const silent = Bun.listen({ port: 0, hostname: "127.0.0.1", socket: { data: () => undefined } })
    await expect(sampleOf({ port: silent.port, patienceMs: 200 })).rejects.toThrow("Only 0 answers came")
    silent.stop(true)
  })
})

describe("the clock of a process", () => {
  test("counts work and not sleep", async () => {
    const clock = createCpuClock()
    const start = clock(process.pid)
    const until = performance.now() + 60
    while (performance.now() < until);
    const worked = (clock(process.pid) - start) / 1e6
    const child = Bun.spawn(["sleep", "5"])
    await Bun.sleep(100)
    const slept = clock(child.pid) / 1e6
    child.kill()
    await child.exited
    expect(worked).toBeGreaterThan(10)
    expect(slept).toBeLessThan(50)
    expect(() => clock(child.pid)).toThrow("has ended")
  })
})
