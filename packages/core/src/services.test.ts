import { describe, expect, test } from "bun:test"
import { ServiceMissing } from "./errors.ts"
import { createContainer, defineService, type Service, token } from "./services.ts"

/** Services that write down when they open and close. */
function house() {
  const log: string[] = []
  const service = (name: string, needs: readonly Service<string>[] = []): Service<string> =>
    defineService({
      name,
      async open(services) {
        for (const need of needs) await services.get(need)
        log.push(`open ${name}`)
        return name
      },
      close: () => void log.push(`close ${name}`),
    })
  return { log, service }
}

describe("get", () => {
  test("opens nothing until it is asked, and then what it needs first", async () => {
    const { log, service } = house()
    const database = service("database")
    const sessions = service("sessions", [database])
    const container = createContainer()
    expect(log).toEqual([])
    expect(await container.get(sessions)).toBe("sessions")
    expect(log).toEqual(["open database", "open sessions"])
  })

  test("opens once for any number of concurrent and later calls", async () => {
    let opens = 0
    const slow = defineService({
      name: "slow",
      async open() {
        opens++
        await Bun.sleep(5)
        return {}
      },
    })
    const container = createContainer()
    const values = await Promise.all([container.get(slow), container.get(slow), container.get(slow)])
    values.push(await container.get(slow))
    expect(new Set(values).size).toBe(1)
    expect(opens).toBe(1)
  })

  test("a failed open reaches every waiting caller, and the next call tries again", async () => {
    let tries = 0
    const flaky = defineService({
      name: "flaky",
      open() {
        if (++tries === 1) throw new ServiceMissing("not yet")
        return "up"
      },
    })
    const container = createContainer()
    const first = await Promise.allSettled([container.get(flaky), container.get(flaky)])
    expect(first.map(({ status }) => status)).toEqual(["rejected", "rejected"])
    expect(tries).toBe(1)
    expect(await container.get(flaky)).toBe("up")
  })

  test("two containers share nothing", async () => {
    const box = defineService({ name: "box", open: () => ({}) })
    expect(await createContainer().get(box)).not.toBe(await createContainer().get(box))
  })
})

describe("a circle of services is refused by name", () => {
  function circle(names: readonly string[]): Service<unknown>[] {
    const services: Service<unknown>[] = names.map((name, at) =>
      defineService({ name, open: (scope) => scope.get(services[(at + 1) % names.length]!) }),
    )
    return services
  }

  test.each([
    [["a"], "a -> a"],
    [["a", "b"], "b -> a -> b"],
    [["a", "b", "c"], "c -> a -> b -> c"],
  ])("%p", async (names, path) => {
    await expect(createContainer().get(circle(names)[0]!)).rejects.toMatchObject({
      code: "CORE_SERVICE_CYCLE",
      message: `Services wait for each other: ${path}.`,
    })
  })

  test("also when its members are asked for at the same time, and each waits before it asks", async () => {
    const a: Service<unknown> = defineService({ name: "a", open: (s) => Bun.sleep(2).then(() => s.get(b)) })
    const b: Service<unknown> = defineService({ name: "b", open: (s) => Bun.sleep(4).then(() => s.get(a)) })
    const container = createContainer()
    const results = await Promise.allSettled([container.get(a), container.get(b)])
    for (const result of results)
      expect(result).toMatchObject({ status: "rejected", reason: { code: "CORE_SERVICE_CYCLE" } })
  })

  test("but an open service may ask for one that needs it", async () => {
    const a = defineService({ name: "a", open: (services) => ({ later: () => services.get(b) }) })
    const b: Service<string> = defineService({ name: "b", open: (s) => s.get(a).then(() => "b") })
    expect(await (await createContainer().get(a)).later()).toBe("b")
  })

  test("and two that need the same third are no circle", async () => {
    const { log, service } = house()
    const base = service("base")
    const top = service("top", [service("left", [base]), service("right", [base])])
    await createContainer().get(top)
    expect(log).toEqual(["open base", "open left", "open right", "open top"])
  })
})

describe("close", () => {
  test("closes in reverse order of opening, once", async () => {
    const { log, service } = house()
    const a = service("a")
    const c = service("c", [service("b", [a])])
    const container = createContainer()
    await container.get(c)
    log.length = 0
    await Promise.all([container.close(), container.close()])
    await container.close()
    expect(log).toEqual(["close c", "close b", "close a"])
  })

  test("waits for an open that is under way, and closes that too", async () => {
    const log: string[] = []
    const slow = defineService({
      name: "slow",
      open: () => Bun.sleep(10).then(() => "slow"),
      close: () => void log.push("closed"),
    })
    const container = createContainer()
    const value = container.get(slow)
    await container.close()
    expect(await value).toBe("slow")
    expect(log).toEqual(["closed"])
  })

  test("closes all the others when one fails, and says which failed: CORE_SERVICE_CLOSE_FAILED", async () => {
    const { log, service } = house()
    const base = service("base")
    const bad = defineService({
      name: "bad",
      open: (services) => services.get(base),
      close: () => Promise.reject(new RangeError("disk")),
    })
    const container = createContainer()
    await container.get(bad)
    await expect(container.close()).rejects.toMatchObject({
      code: "CORE_SERVICE_CLOSE_FAILED",
      details: { services: ["bad"] },
    })
    expect(log).toEqual(["open base", "close base"])
  })

  test("nothing is given out afterwards: CORE_SERVICE_MISUSED", async () => {
    const { service } = house()
    const [open, never] = [service("open"), service("never")]
    const container = createContainer()
    await container.get(open)
    await container.close()
    for (const asked of [open, never])
      await expect(container.get(asked)).rejects.toMatchObject({ code: "CORE_SERVICE_MISUSED" })
  })
})

describe("override", () => {
  test("puts a fake in place for all who ask", async () => {
    const { service } = house()
    const database = service("database")
    const reader = defineService({ name: "reader", open: async (s) => `reads ${await s.get(database)}` })
    const container = createContainer()
    container.override(database, { open: () => "a fake" })
    expect(await container.get(reader)).toBe("reads a fake")
  })

  test("closes the fake with the fake's close, not the original's", async () => {
    const { log, service } = house()
    const database = service("database")
    const container = createContainer()
    container.override(database, { open: () => "fake", close: (value) => void log.push(`close the ${value}`) })
    await container.get(database)
    await container.close()
    expect(log).toEqual(["close the fake"])
  })

  test("comes too late once the service was asked for", async () => {
    const { service } = house()
    const database = service("database")
    const container = createContainer()
    await container.get(database)
    expect(() => container.override(database, { open: () => "late" })).toThrow('"database" is already in use')
  })

  test("fills a token, which has nothing of its own: CORE_SERVICE_MISSING", async () => {
    const mailer = token<{ send(): string }>("mailer")
    await expect(createContainer().get(mailer)).rejects.toMatchObject({
      code: "CORE_SERVICE_MISSING",
      message: expect.stringContaining('"mailer"'),
    })
    const container = createContainer()
    container.override(mailer, { open: () => ({ send: () => "sent" }) })
    expect((await container.get(mailer)).send()).toBe("sent")
  })
})

test("two services of one name in one container are refused, because health and messages go by name", async () => {
  const container = createContainer()
  await container.get(defineService({ name: "twin", open: () => 1 }))
  await expect(container.get(defineService({ name: "twin", open: () => 2 }))).rejects.toMatchObject({
    code: "CORE_SERVICE_MISUSED",
  })
})

test("health asks what is open and has a check, shows only safe words, and is bounded", async () => {
  const open = () => "value"
  const services = [
    defineService({ name: "well", open, health: () => undefined }),
    defineService({ name: "unchecked", open }),
    defineService({ name: "known", open, health: () => Promise.reject(new ServiceMissing("The disk is full.")) }),
    defineService({ name: "unknown", open, health: () => Promise.reject(new RangeError("password hunter2")) }),
    defineService({ name: "stuck", open, health: () => new Promise<void>(() => undefined) }),
  ]
  const container = createContainer()
  for (const service of services) await container.get(service)
  const errors: string[] = []
  const health = await container.health({ timeoutMs: 20, onError: (name, error) => errors.push(`${name}: ${error}`) })
  expect(health).toEqual({
    well: { status: "ok", detail: "ok" },
    known: { status: "failing", detail: "The disk is full." },
    unknown: { status: "failing", detail: "The check failed; the log says why." },
    stuck: { status: "failing", detail: "No answer within 20 ms." },
  })
  expect(errors.join("\n")).toContain("hunter2")
})

test("a fork opens everything for itself, in the ways that were known when it was made", async () => {
  let opened = 0
  const One = defineService({ name: "one", open: () => ++opened })
  const Port = token<string>("port")
  const container = createContainer()
  container.override(Port, { open: () => "told" })
  expect(await container.get(One)).toBe(1)
  const fork = container.fork()
  fork.override(One, { open: () => 100 })
  expect([await fork.get(One), await fork.get(Port), await container.get(One)]).toEqual([100, "told", 1])
  expect(await container.fork().get(One)).toBe(2)
  await fork.close()
  expect(await container.get(One)).toBe(1)
})

describe("drain", () => {
  test("lets all open services end their work at the same time, and closes none", async () => {
    const { promise: done, resolve: finish } = Promise.withResolvers<void>()
    const log: string[] = []
    const [worker, other, unused] = ["worker", "other", "unused"].map((name) =>
      defineService({
        name,
        open: () => name,
        drain: async () => {
          log.push(`drain ${name}`)
          if (name === "worker") await done
          else finish()
        },
        close: () => void log.push(`close ${name}`),
      }),
    )
    const container = createContainer()
    await Promise.all([container.get(worker!), container.get(other!)])
    expect(unused?.name).toBe("unused")
    expect(await container.drain(1000)).toEqual([])
    expect(log).toEqual(["drain worker", "drain other"])
    await container.close()
  })

  test("names what threw and what was late, whose signal aborted", async () => {
    const aborted = Promise.withResolvers<void>()
    const stuck = defineService({
      name: "stuck",
      open: () => 1,
      drain: (_, signal) =>
        new Promise<void>(() => signal.addEventListener("abort", () => aborted.resolve(), { once: true })),
    })
    const bad = defineService({ name: "bad", open: () => 1, drain: () => Promise.reject(new RangeError("no")) })
    const container = createContainer()
    await container.get(stuck)
    await container.get(bad)
    const failures = await container.drain(20)
    expect(failures).toMatchObject([
      { service: "stuck", error: { code: "CORE_DEADLINE_EXCEEDED" } },
      { service: "bad", error: { message: "no" } },
    ])
    await aborted.promise
  })
})

test("a service that takes too long to close keeps no other from closing", async () => {
  const log: string[] = []
  const first = defineService({ name: "first", open: () => 1, close: () => void log.push("closed") })
  const stuck = defineService({ name: "stuck", open: () => 1, close: () => new Promise<void>(() => undefined) })
  const container = createContainer()
  await container.get(first)
  await container.get(stuck)
  await expect(container.close({ timeoutMs: 20 })).rejects.toMatchObject({ code: "CORE_SERVICE_CLOSE_FAILED" })
  expect(log).toEqual(["closed"])
})
