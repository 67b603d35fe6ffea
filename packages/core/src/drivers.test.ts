import { describe, expect, test } from "bun:test"
import { createDrivers, type Driver, type DriverModule, type DriverOptions, defineDriver } from "./drivers.ts"
import { secret } from "./secret.ts"
import type { StandardSchemaV1 } from "./standard-schema.ts"

interface Cache {
  readonly at: string
}

function schema<T>(
  accepts: (value: unknown) => value is T,
  expected: string,
  fallback?: T,
): StandardSchemaV1<unknown, T> {
  return {
    "~standard": {
      version: 1,
      vendor: "test",
      validate: (value) => {
        if (value === undefined && fallback !== undefined) return { value: fallback }
        return accepts(value) ? { value } : { issues: [{ message: `Expected ${expected}, got ${String(value)}` }] }
      },
    },
  }
}

const positive = schema((value): value is number => typeof value === "number" && value > 0, "a positive number", 60)
const longText = schema((value): value is string => typeof value === "string" && value.length > 8, "a long text", "")

const loads: string[] = []

function driver(
  name: string,
  definition: { options?: DriverOptions; guarantees?: Record<string, boolean | number> } = {},
): Driver<Cache> {
  return defineDriver<Cache>()({
    schemes: [name, `${name}s`],
    options: definition.options ?? {},
    guarantees: definition.guarantees ?? {},
    async load(): Promise<DriverModule<Cache, DriverOptions>> {
      loads.push(name)
      return { open: (url, options) => ({ at: `${name} ${url.name} ${JSON.stringify(options)}` }) }
    },
  })
}

/** An import that fails at run time and is not looked into by the type checker. */
async function missing(specifier: string): Promise<never> {
  return (await import(specifier)) as never
}

/** A driver whose module cannot be imported, as when its optional package is not there. */
function broken(
  packageName: string | undefined,
  load: () => Promise<DriverModule<Cache, DriverOptions>>,
): Driver<Cache> {
  return defineDriver<Cache>()({
    schemes: ["redis"],
    options: {},
    guarantees: {},
    ...(packageName === undefined ? {} : { package: packageName }),
    load,
  })
}

describe("open", () => {
  const caches = createDrivers("cache", [driver("memory", { options: { ttlSeconds: positive } }), driver("redis")])

  test("imports a driver when a URL asks for it, and no other", async () => {
    loads.length = 0
    expect((await caches.open("memory:here?ttlSeconds=5")).at).toBe('memory here {"ttlSeconds":5}')
    expect(loads).toEqual(["memory"])
  })

  test("knows every scheme of a driver, and gives options their defaults", async () => {
    expect((await caches.open("memorys:x")).at).toBe('memory x {"ttlSeconds":60}')
    expect(caches.schemes).toEqual(["memory", "memorys", "redis", "rediss"])
  })

  test.each([
    ["memroy:", "CORE_DRIVER_UNKNOWN", 'No cache driver for "memroy:". Did you mean "memory"?'],
    ["postgres://u:hunter2@h", "CORE_DRIVER_UNKNOWN", "Known: memory, memorys, redis, rediss."],
    [
      "memory:?ttlSecond=5",
      "CORE_DRIVER_OPTION_INVALID",
      'Unknown option "ttlSecond" in memory:?ttlSecond=5. Did you mean "ttlSeconds"?',
    ],
    [
      "redis://u:hunter2@h?x=1",
      "CORE_DRIVER_OPTION_INVALID",
      'Unknown option "x" in redis://***@h?x=1. None is known.',
    ],
    ["memory:?toString=5", "CORE_DRIVER_OPTION_INVALID", 'Unknown option "toString"'],
    ["memory:?ttlSeconds=-5", "CORE_DRIVER_OPTION_INVALID", "Expected a positive number, got -5"],
    ["memory:?ttlSeconds=soon", "CORE_DRIVER_OPTION_INVALID", "Expected a positive number, got soon"],
    ["memory", "CORE_DRIVER_URL_INVALID", "there is no scheme"],
  ])("%p is refused: %s", async (url, code, message) => {
    const refused = expect(caches.open(url)).rejects
    await refused.toMatchObject({ code, message: expect.stringContaining(message) })
    await expect(caches.open(url)).rejects.not.toMatchObject({ message: expect.stringContaining("hunter2") })
  })

  test("an option that is a secret is not in the message that refuses it", async () => {
    const hidden = createDrivers("cache", [driver("vault", { options: { pin: secret(longText) } })])
    await expect(hidden.open("vault:?pin=hunter2")).rejects.toMatchObject({
      code: "CORE_DRIVER_OPTION_INVALID",
      message: 'Option "pin" in a vault: URL: its value is not valid (not shown, it is a secret)',
    })
  })

  test("a package that is not installed is an error with the install command: CORE_DRIVER_PACKAGE_MISSING", async () => {
    const absent = "@ashlar-absent/client"
    const caches = createDrivers("cache", [broken(`${absent}@1.2.3`, () => missing(absent))])
    await expect(caches.open("redis://h")).rejects.toMatchObject({
      code: "CORE_DRIVER_PACKAGE_MISSING",
      message: `The redis: driver needs the package ${absent}, which is not installed. Run: bun add ${absent}@1.2.3`,
    })
  })

  test.each<[string, string | undefined, () => Promise<never>]>([
    ["another module is missing", "ioredis@5", () => missing("./absent-on-purpose.ts")],
    ["the driver needs no package", undefined, () => missing("ioredis-absent")],
    ["it fails for a reason of its own", "ioredis@5", () => Promise.reject(new RangeError("ioredis is too old"))],
  ])("but the driver's own error is kept when %s", async (_, packageName, load) => {
    const caches = createDrivers("cache", [broken(packageName, load)])
    await expect(caches.open("redis://h")).rejects.not.toMatchObject({ code: "CORE_DRIVER_PACKAGE_MISSING" })
  })
})

test("two drivers of one scheme are refused: CORE_DRIVER_DUPLICATE", () => {
  expect(() => createDrivers("cache", [driver("memory"), driver("memory")])).toThrow(
    expect.objectContaining({ code: "CORE_DRIVER_DUPLICATE" }),
  )
})

describe("guarantees", () => {
  const caches = createDrivers("cache", [
    driver("memory", { guarantees: { ttl: true, crossProcess: false, maxPayloadBytes: 1_000 } }),
    driver("redis", { guarantees: { ttl: true, crossProcess: true, maxPayloadBytes: 9_000 } }),
  ])

  test("are told without loading anything", () => {
    loads.length = 0
    expect(caches.guarantees("memory:")).toEqual({ ttl: true, crossProcess: false, maxPayloadBytes: 1_000 })
    expect(loads).toEqual([])
  })

  test.each([
    ["memory:", { ttl: true }],
    ["memory:", { crossProcess: false }],
    ["memory:", { maxPayloadBytes: 1_000 }],
    ["redis://h", { crossProcess: true, maxPayloadBytes: 5_000 }],
    ["memory:", {}],
  ])("%s meets %p", (url, needs) => {
    expect(() => caches.require(url, needs, "the rate limit")).not.toThrow()
  })

  test.each([
    [
      "memory:",
      { crossProcess: true },
      "the rate limit needs crossProcess, which memory: does not promise. Use one of: redis:.",
    ],
    ["memory:", { maxPayloadBytes: 1_001 }, "needs maxPayloadBytes of at least 1001"],
    ["redis://u:hunter2@h", { replay: true }, "No cache driver here promises it."],
    ["memory:", { ttl: 5 }, "needs ttl of at least 5"],
    ["memory:", { toString: true } as never, "needs toString"],
  ])("%s does not meet %p: CORE_DRIVER_GUARANTEE_MISSING", (url, needs, message) => {
    const requires = () => caches.require(url, needs, "the rate limit")
    expect(requires).toThrow(expect.objectContaining({ code: "CORE_DRIVER_GUARANTEE_MISSING" }))
    expect(requires).toThrow(message)
    expect(requires).not.toThrow("hunter2")
  })
})
