import { afterEach, beforeEach, describe, expect, test } from "bun:test"
import { type Container, createContainer, defineService, type Service, token } from "@ashlar/core"
import { keepServices } from "@ashlar/core/service-keeper"
import { KeptServices } from "./kept-services.ts"

let log: string[]
let errors: unknown[]
let services: KeptServices
let load: number

beforeEach(() => {
  log = []
  errors = []
  load = 0
  services = new KeptServices({ isReloaded: () => true, onError: (error) => void errors.push(error) })
  keepServices(services)
})
afterEach(() => keepServices(undefined))

function noted<T>(text: string, value: T): T {
  log.push(text)
  return value
}

/** The code of an app, as one load of it: every call makes new tokens and a new container, as a new evaluation does. */
interface Code {
  readonly database: Service<object>
  readonly repository: Service<object>
  readonly container: Container
}

function evaluate(change: { readonly database?: "other"; readonly repository?: "gone" } = {}): Code {
  services.begin(++load)
  const container = createContainer()
  const number = load
  const name = "database"
  const close = (): void => void log.push("close database")
  const database: Service<object> =
    change.database === undefined
      ? defineService({ name, open: () => noted("open database", { number }), close })
      : defineService({ name, open: () => noted("open other database", { number }), close })
  const repository: Service<object> =
    change.repository === "gone"
      ? database
      : defineService({
          name: "repository",
          open: async (asked) => {
            await asked.get(database)
            log.push("open repository")
            return { number }
          },
          close: () => void log.push("close repository"),
        })
  return { database, repository, container }
}

test("a service stays open over a load, under a new token, and closes once at the end", async () => {
  const one = evaluate()
  services.commit()
  const value = await one.container.get(one.repository)
  const two = evaluate()
  const { changes, retire } = services.commit()
  await one.container.close()
  await retire()
  expect(changes).toEqual({ kept: ["database", "repository"], reopened: [], closed: [] })
  expect(await two.container.get(two.repository)).toBe(value)
  expect(await two.container.get(two.database)).toEqual({ number: 1 })
  await services.close()
  expect(log).toEqual(["open database", "open repository", "close repository", "close database"])
  expect(errors).toEqual([])
})

test("one that is defined otherwise is closed with what needs it, once the old code is done, and only then opened again", async () => {
  const one = evaluate()
  services.commit()
  await one.container.get(one.repository)
  const two = evaluate({ database: "other" })
  const { changes, retire } = services.commit()
  expect(changes).toEqual({ kept: [], reopened: ["database", "repository"], closed: [] })
  const opening = two.container.get(two.repository)
  await Bun.sleep(5)
  // The old code still answers requests with it.
  expect(await one.container.get(one.database)).toEqual({ number: 1 })
  expect(log).toEqual(["open database", "open repository"])
  await retire()
  expect(await opening).toEqual({ number: 2 })
  expect(log.slice(2)).toEqual(["close repository", "close database", "open other database", "open repository"])
})

test("one that is defined no longer is closed", async () => {
  const one = evaluate()
  services.commit()
  await one.container.get(one.repository)
  evaluate({ repository: "gone" })
  const { changes, retire } = services.commit()
  await retire()
  expect(changes).toEqual({ kept: ["database"], reopened: [], closed: ["repository"] })
  expect(log).toEqual(["open database", "open repository", "close repository"])
})

test("new code that asks while it loads gets what is open", async () => {
  const one = evaluate()
  services.commit()
  const value = await one.container.get(one.database)
  const two = evaluate()
  expect(await two.container.get(two.database)).toBe(value)
  const { retire } = services.commit()
  await retire()
  expect(log).toEqual(["open database"])
})

test("code that fails closes what it alone has opened, and the code before goes on", async () => {
  const one = evaluate()
  services.commit()
  const value = await one.container.get(one.database)
  const two = evaluate()
  expect(await two.container.get(two.repository)).toEqual({ number: 2 })
  await services.abandon()
  expect(log).toEqual(["open database", "open repository", "close repository"])
  expect(await one.container.get(one.database)).toBe(value)
})

test("code that fails and defines a service otherwise had one of its own", async () => {
  const one = evaluate()
  services.commit()
  await one.container.get(one.database)
  const two = evaluate({ database: "other" })
  expect(await two.container.get(two.database)).toEqual({ number: 2 })
  await services.abandon()
  expect(log).toEqual(["open database", "open other database", "close database"])
  expect(await one.container.get(one.database)).toEqual({ number: 1 })
})

test("several loads in a row, before the first is done, close nothing that the last one uses", async () => {
  const one = evaluate()
  services.commit()
  const value = await one.container.get(one.repository)
  evaluate()
  const second = services.commit()
  const three = evaluate()
  const third = services.commit()
  await third.retire()
  await second.retire()
  expect(await three.container.get(three.repository)).toBe(value)
  expect(log).toEqual(["open database", "open repository"])
})

test("all are opened anew on demand", async () => {
  const one = evaluate()
  services.commit()
  await one.container.get(one.repository)
  const two = evaluate()
  const { changes, retire } = services.commit({ reopenAll: true })
  await retire()
  expect(changes.reopened).toEqual(["database", "repository"])
  expect(await two.container.get(two.repository)).toEqual({ number: 2 })
})

test("what a token stands for is known by the override", async () => {
  const define = (text: "a" | "b"): { container: Container; port: Service<string> } => {
    services.begin(++load)
    const port = token<string>("port")
    const container = createContainer()
    if (text === "a")
      container.override(port, { open: () => noted("open a", "a"), close: () => void log.push("close a") })
    else container.override(port, { open: () => noted("open b", "b") })
    return { container, port }
  }
  const one = define("a")
  services.commit()
  await one.container.get(one.port)
  const two = define("a")
  await services.commit().retire()
  expect(await two.container.get(two.port)).toBe("a")
  const three = define("b")
  await services.commit().retire()
  expect(await three.container.get(three.port)).toBe("b")
  expect(log).toEqual(["open a", "close a", "open b"])
})

test("a container that is closed by its own code closes its services", async () => {
  const one = evaluate()
  services.commit()
  await one.container.get(one.repository)
  await one.container.close()
  expect(log.slice(2)).toEqual(["close repository", "close database"])
  await services.close()
  expect(log).toHaveLength(4)
})

test("a failed open is told, shown, and tried again", async () => {
  let tries = 0
  services.begin(1)
  const flaky = defineService({
    name: "flaky",
    open: () => (++tries === 1 ? Promise.reject(new RangeError("not yet")) : tries),
  })
  const container = createContainer()
  services.commit()
  await expect(container.get(flaky)).rejects.toThrow("not yet")
  expect(services.states()).toMatchObject([{ name: "flaky", state: "failed", error: "not yet" }])
  expect(await container.get(flaky)).toBe(2)
  expect(services.states()).toMatchObject([{ name: "flaky", state: "open", openedIn: 1, needs: [] }])
})

test("what fails to close is told, and the others are closed", async () => {
  services.begin(1)
  const base = defineService({ name: "base", open: () => 1, close: () => void log.push("close base") })
  const bad = defineService({
    name: "bad",
    open: (asked) => asked.get(base),
    close: () => Promise.reject(new RangeError("disk")),
  })
  const container = createContainer()
  services.commit()
  await container.get(bad)
  services.begin(2)
  await services.commit().retire()
  expect(errors).toEqual([new RangeError("disk")])
  expect(log).toEqual(["close base"])
})

test("replaced code gets nothing any more: CORE_SERVICE_MISUSED", async () => {
  const one = evaluate()
  services.commit()
  evaluate()
  await services.commit().retire()
  await expect(one.container.get(one.database)).rejects.toMatchObject({ code: "CORE_SERVICE_MISUSED" })
})

test("what an installed package defines is there once, and stays", async () => {
  let isReloaded = false
  services = new KeptServices({ isReloaded: () => isReloaded, onError: () => undefined })
  keepServices(services)
  services.begin(1)
  const installed = defineService({
    name: "installed",
    open: () => ({}),
    close: () => void log.push("close installed"),
  })
  isReloaded = true
  const one = createContainer()
  services.commit()
  const value = await one.get(installed)
  services.begin(2)
  const two = createContainer()
  await services.commit().retire()
  expect(await two.get(installed)).toBe(value)
  expect(log).toEqual([])
})

describe("states and health", () => {
  test("show what is defined, open and well", async () => {
    services.begin(1)
    const well = defineService({ name: "well", open: () => 1, health: () => undefined })
    const ill = defineService({
      name: "ill",
      open: (asked) => asked.get(well),
      health: () => Promise.reject(new RangeError("no disk")),
    })
    const stuck = defineService({ name: "stuck", open: () => 1, health: () => new Promise<void>(() => undefined) })
    defineService({ name: "asleep", open: () => 1 })
    const container = createContainer()
    services.commit()
    await Promise.all([well, ill, stuck].map((one) => container.get(one)))
    expect(services.states()).toMatchObject([
      { name: "asleep", state: "idle" },
      { name: "ill", state: "open", needs: ["well"] },
      { name: "stuck", state: "open" },
      { name: "well", state: "open" },
    ])
    expect(services.states()[0]?.definedAt).toContain("kept-services.test.ts:")
    expect([...(await services.health(20))].sort()).toEqual([
      ["ill", "no disk"],
      ["stuck", "No answer within 20 ms."],
      ["well", undefined],
    ])
  })
})
