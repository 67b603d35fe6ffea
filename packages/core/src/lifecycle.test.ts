import { describe, expect, test } from "bun:test"
import { createLifecycle, type LifecycleOptions, type LifecyclePart, type SignalSource } from "./lifecycle.ts"

const FOREVER = new Promise<never>(() => undefined)

/** A lifecycle whose parts write down their phases; `special` replaces hooks of the part of that name. */
function recorded(
  names: readonly string[],
  special: Record<string, Partial<LifecyclePart>> = {},
  options?: LifecycleOptions,
) {
  const log: string[] = []
  const lifecycle = createLifecycle(options)
  for (const name of names) {
    const note = (phase: string) => () => void log.push(`${phase} ${name}`)
    const hooks = { start: note("start"), ready: note("ready"), drain: note("drain"), stop: note("stop") }
    lifecycle.add({ name, ...hooks, ...special[name] })
  }
  return { lifecycle, log }
}

/** A process that only remembers. */
function fakeProcess() {
  const listeners = { SIGTERM: new Set<() => void>(), SIGINT: new Set<() => void>() }
  const exits: number[] = []
  const source: SignalSource = {
    on: (signal, listener) => listeners[signal].add(listener),
    off: (signal, listener) => listeners[signal].delete(listener),
    exit: (code) => exits.push(code),
  }
  return {
    source,
    exits,
    listeners,
    send(signal: "SIGTERM" | "SIGINT") {
      for (const listen of listeners[signal]) listen()
    },
  }
}

describe("start and stop", () => {
  test("start in order, stop in reverse order, each state in its time", async () => {
    const { lifecycle, log } = recorded(["database", "http"])
    expect(lifecycle.state).toBe("idle")
    const starting = lifecycle.start()
    expect(lifecycle.state).toBe("starting")
    await starting
    expect(lifecycle.state).toBe("ready")
    const stopping = lifecycle.stop()
    expect(lifecycle.state).toBe("draining")
    expect(await stopping).toEqual({ clean: true, failures: [] })
    expect(lifecycle.state).toBe("stopped")
    expect(log).toEqual([
      "start database",
      "start http",
      "ready database",
      "ready http",
      "drain database",
      "drain http",
      "stop http",
      "stop database",
    ])
  })

  test("nothing stops before all have drained", async () => {
    const { lifecycle, log } = recorded(["a", "b"], {
      a: { drain: () => Bun.sleep(10).then(() => void log.push("drained a")) },
    })
    await lifecycle.start()
    log.length = 0
    await lifecycle.stop()
    expect(log).toEqual(["drain b", "drained a", "stop b", "stop a"])
  })

  test("a part that fails to start stops those that did, and its error is the one that is thrown", async () => {
    const { lifecycle, log } = recorded(["a", "b", "c"], {
      b: { start: () => Promise.reject(new RangeError("port in use")) },
    })
    await expect(lifecycle.start()).rejects.toThrow("port in use")
    expect(log).toEqual(["start a", "stop a"])
    expect(lifecycle.state).toBe("stopped")
  })

  test("a stop during the start lets the part under way end, starts no other, and stops it", async () => {
    const { lifecycle, log } = recorded(["a", "b"], { a: { start: () => Bun.sleep(10) } })
    const starting = lifecycle.start()
    const report = lifecycle.stop()
    await expect(starting).rejects.toMatchObject({ code: "CORE_LIFECYCLE_MISUSED" })
    expect(await report).toEqual({ clean: true, failures: [] })
    expect(log).toEqual(["stop a"])
  })

  type Misuse = (lifecycle: ReturnType<typeof createLifecycle>) => unknown
  test.each<[string, Misuse]>([
    ["started twice", (lifecycle) => lifecycle.start().then(lifecycle.start)],
    ["started after its stop", (lifecycle) => lifecycle.stop().then(lifecycle.start)],
    ["given a part late", (lifecycle) => lifecycle.start().then(() => lifecycle.add({ name: "late" }))],
  ])("a lifecycle that is %s refuses: CORE_LIFECYCLE_MISUSED", async (_, misuse) => {
    await expect(misuse(createLifecycle())).rejects.toMatchObject({ code: "CORE_LIFECYCLE_MISUSED" })
  })

  test("two stops are one", async () => {
    const { lifecycle, log } = recorded(["a"])
    await lifecycle.start()
    await Promise.all([lifecycle.stop(), lifecycle.stop()])
    expect(log.filter((line) => line === "stop a")).toHaveLength(1)
  })
})

describe("every phase is bounded", () => {
  test("start: CORE_DEADLINE_EXCEEDED names the part that was busy", async () => {
    const { lifecycle, log } = recorded(["a", "b"], { b: { start: () => FOREVER } }, { startTimeoutMs: 20 })
    await expect(lifecycle.start()).rejects.toMatchObject({
      code: "CORE_DEADLINE_EXCEEDED",
      message: expect.stringContaining('"b" was not ready 20 ms after the start'),
    })
    expect(log).toEqual(["start a", "stop a"])
  })

  test("drain and stop: the rest goes on, the report tells, and the hooks' signals abort", async () => {
    const aborted: string[] = []
    const hang = (phase: string) => (signal: AbortSignal) => {
      signal.addEventListener("abort", () => aborted.push(phase))
      return FOREVER
    }
    const stuck = { drain: hang("drain"), stop: hang("stop") }
    const { lifecycle, log } = recorded(["a", "b", "c"], { b: stuck }, { graceMs: 20, stopTimeoutMs: 10 })
    await lifecycle.start()
    log.length = 0
    const report = await lifecycle.stop()
    expect(log).toEqual(["drain a", "drain c", "stop c", "stop a"])
    expect(aborted).toEqual(["drain", "stop"])
    expect(report.clean).toBe(false)
    expect(report.failures).toMatchObject([
      { part: "b", phase: "drain", error: { code: "CORE_DEADLINE_EXCEEDED" } },
      { part: "b", phase: "stop", error: { code: "CORE_DEADLINE_EXCEEDED" } },
    ])
  })

  test("a stop that throws stops no other part from stopping", async () => {
    const { lifecycle, log } = recorded(["a", "b"], { b: { stop: () => Promise.reject(new RangeError("no")) } })
    await lifecycle.start()
    log.length = 0
    expect((await lifecycle.stop()).failures).toMatchObject([{ part: "b", phase: "stop" }])
    expect(log).toEqual(["drain a", "drain b", "stop a"])
  })
})

describe("signals", () => {
  test.each(["SIGTERM", "SIGINT"] as const)("%s drains, stops and exits with 0", async (signal) => {
    const { lifecycle, log } = recorded(["a"])
    const { source, exits, send } = fakeProcess()
    lifecycle.handleSignals(source)
    await lifecycle.start()
    send(signal)
    await lifecycle.stop()
    await Bun.sleep(0)
    expect(log).toEqual(["start a", "ready a", "drain a", "stop a"])
    expect(exits).toEqual([0])
  })

  test("a stop that is not clean exits with 1, after its report was given", async () => {
    const { lifecycle } = recorded(["a"], { a: { drain: () => FOREVER } }, { graceMs: 5 })
    const { source, exits, send } = fakeProcess()
    const reports: boolean[] = []
    lifecycle.handleSignals(source, (report) => reports.push(report.clean))
    await lifecycle.start()
    send("SIGTERM")
    await lifecycle.stop()
    await Bun.sleep(0)
    expect([reports, exits]).toEqual([[false], [1]])
  })

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("a second signal, %s, exits at once with %p", async (signal, code) => {
    const { lifecycle } = recorded(["a"], { a: { drain: () => FOREVER } }, { graceMs: 60_000 })
    const { source, exits, send } = fakeProcess()
    lifecycle.handleSignals(source)
    await lifecycle.start()
    send("SIGTERM")
    send(signal)
    expect(exits).toEqual([code])
  })

  test("the listeners can be taken away again", () => {
    const { source, listeners } = fakeProcess()
    createLifecycle().handleSignals(source)()
    expect([listeners.SIGTERM.size, listeners.SIGINT.size]).toEqual([0, 0])
  })

  test("a real process that gets SIGTERM finishes its work and exits with 0", async () => {
    const script = `
      import { createLifecycle } from ${JSON.stringify(new URL("./lifecycle.ts", import.meta.url).pathname)}
      const timer = setInterval(() => {}, 1000)
      const lifecycle = createLifecycle()
      lifecycle.add({ name: "work", drain: () => Bun.sleep(50).then(() => console.log("drained")), stop: () => clearInterval(timer) })
      await lifecycle.start()
      lifecycle.handleSignals()
      console.log("ready")`
    const child = Bun.spawn([process.execPath, "-e", script], { stdout: "pipe", stderr: "inherit" })
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader()
    let printed = ""
    while (!printed.includes("ready")) printed += (await reader.read()).value ?? ""
    child.kill("SIGTERM")
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) printed += chunk.value
    expect(await child.exited).toBe(0)
    expect(printed).toBe("ready\ndrained\n")
  })
})
