import { afterAll, describe, expect, test } from "bun:test"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { inspect } from "node:util"
import { type ConfigSources, defineConfig, readConfigFile } from "./config.ts"
import { Secret, secret } from "./secret.ts"
import type { StandardSchemaV1 } from "./standard-schema.ts"

function schema<T>(expected: string, accepts: (value: unknown) => boolean, fallback?: T): StandardSchemaV1<T, T> {
  return {
    "~standard": {
      version: 1,
      vendor: "test",
      validate: (value) => {
        if (value === undefined && fallback !== undefined) return { value: fallback }
        return accepts(value)
          ? { value: value as T }
          : { issues: [{ message: `Expected ${expected}, got ${String(value)}.` }] }
      },
    },
  }
}

const text = schema<string>("text", (value) => typeof value === "string")
const port = schema<number>(
  "a port",
  (value) => Number.isInteger(value) && (value as number) > 0 && (value as number) < 65_536,
  3000,
)
const flag = schema<boolean>("true or false", (value) => typeof value === "boolean", false)
const list = schema<string[]>("a list", Array.isArray, [])

const shop = defineConfig({
  prefix: "SHOP",
  foreignVariables: ["SHOP_EDITOR"],
  defaults: { host: "127.0.0.1", database: { url: "memory:" } },
  fields: {
    port,
    host: text,
    verbose: flag,
    allowedHosts: list,
    database: { url: text, maxPoolSize: schema<number>("a number", (value) => typeof value === "number", 4) },
    apiKey: secret(
      schema<string>("a long key", (value) => typeof value === "string" && value.length > 8, "none of them"),
    ),
  },
})

const file = (values: unknown) => ({ name: "shop.json", values })

describe("load", () => {
  test("without sources gives the defaults, of the definition and of the schemas", async () => {
    const { apiKey, ...rest } = await shop.load()
    expect(rest).toEqual({
      port: 3000,
      host: "127.0.0.1",
      verbose: false,
      allowedHosts: [],
      database: { url: "memory:", maxPoolSize: 4 },
    })
    expect(apiKey.reveal()).toBe("none of them")
  })

  const all = {
    file: file({ host: "from file", database: { url: "from file" } }),
    env: { SHOP_HOST: "from environment", SHOP_DATABASE__URL: "from environment" },
    flags: { host: "from flags", "database.url": "from flags" },
  }
  test.each<[string, ConfigSources]>([
    ["from file", { file: all.file }],
    ["from environment", { file: all.file, env: all.env }],
    ["from flags", all],
    ["from flags", { file: all.file, flags: all.flags }],
  ])("the strongest source wins: %s", async (expected, sources) => {
    const loaded = await shop.load(sources)
    expect([loaded.host, loaded.database.url]).toEqual([expected, expected])
  })

  test("groups are merged, values are replaced whole", async () => {
    const { database, allowedHosts } = await shop.load({
      file: file({ allowedHosts: ["a", "b"], database: { maxPoolSize: 9 } }),
      env: { SHOP_ALLOWED_HOSTS: '["c"]', SHOP_DATABASE__URL: "x:" },
    })
    expect(database).toEqual({ url: "x:", maxPoolSize: 9 })
    expect(allowedHosts).toEqual(["c"])
  })

  test("text is offered as it is first, and then as the JSON it spells", async () => {
    const { host, port, verbose } = await shop.load({
      env: { SHOP_HOST: "8080", SHOP_PORT: "8080" },
      flags: { verbose: "true" },
    })
    expect([host, port, verbose]).toEqual(["8080", 8080, true])
  })

  test("flags are found by their kebab-case and by their own name; one that is undefined was not given", async () => {
    const loaded = await shop.load({ flags: { "allowed-hosts": ["a"], "database.maxPoolSize": 2, port: undefined } })
    expect([loaded.allowedHosts, loaded.database.maxPoolSize, loaded.port]).toEqual([["a"], 2, 3000])
  })

  test("the answer and its groups are frozen", async () => {
    const loaded = await shop.load()
    expect([Object.isFrozen(loaded), Object.isFrozen(loaded.database)]).toEqual([true, true])
  })

  test("a schema may answer later", async () => {
    const later: StandardSchemaV1<string, string> = {
      "~standard": { version: 1, vendor: "test", validate: async (value) => ({ value: `${String(value)}!` }) },
    }
    expect(await defineConfig({ fields: { later } }).load({ env: { LATER: "yes" } })).toEqual({ later: "yes!" })
  })
})

describe("what is refused, with its source and key: CORE_CONFIG_INVALID", () => {
  test.each<[string, ConfigSources]>([
    ['- hots (shop.json): Unknown key. Did you mean "host"?', { file: file({ hots: "x" }) }],
    ['- database.ulr (shop.json): Unknown key. Did you mean "url"?', { file: file({ database: { ulr: "x" } }) }],
    ["- database (shop.json): Expected a group of keys.", { file: file({ database: "memory:" }) }],
    ["- (the whole) (shop.json): Expected a group of keys.", { file: file([1]) }],
    ["- host (shop.json): Expected text, got 5.", { file: file({ host: 5 }) }],
    ["- __proto__ (shop.json): Unknown key.", { file: file(JSON.parse('{"__proto__": {"port": 1}}')) }],
    ["- constructor (shop.json): Unknown key.", { file: file({ constructor: 1 }) }],
    ['- SHOP_PROT (the environment): Unknown key. Did you mean "SHOP_PORT"?', { env: { SHOP_PROT: "1" } }],
    ["- SHOP_PORT (the environment): Expected a port, got soon.", { env: { SHOP_PORT: "soon" } }],
    ["- SHOP_PORT (the environment): Expected a port, got 99999.", { env: { SHOP_PORT: "99999" } }],
    ["- SHOP_PORT (the environment): Expected a port, got .", { env: { SHOP_PORT: "" } }],
    ['- --hsot (the flags): Unknown key. Did you mean "--host"?', { flags: { hsot: "x" } }],
    ["- --port (the flags): Expected a port, got -1.", { flags: { port: "-1" } }],
  ])("%s", async (line, sources) => {
    await expect(shop.load(sources)).rejects.toMatchObject({
      code: "CORE_CONFIG_INVALID",
      message: expect.stringContaining(line),
    })
  })

  test("a value that no source has names the ways to give it", async () => {
    const needy = defineConfig({ prefix: "APP", fields: { mail: { fromAddress: text } } })
    await expect(needy.load()).rejects.toMatchObject({
      message: expect.stringContaining(
        "- mail.fromAddress (APP_MAIL__FROM_ADDRESS, --mail.from-address) (no source): Missing. Expected text, got undefined.",
      ),
    })
  })

  test("all problems are told at once, the first twenty by name", async () => {
    const values = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`key${i}`, 1]))
    const error = await shop.load({ file: file({ ...values, host: 1 }) }).catch((caught) => caught)
    expect(error.message).toContain("- key0 (shop.json)")
    expect(error.message).toContain("- key19 (shop.json)")
    expect(error.message).toContain("- and 11 more")
    expect(error.details.problems).toHaveLength(20)
  })

  test("variables of others, without the prefix or named as foreign, are left alone", async () => {
    await shop.load({ env: { PATH: "/bin", SHOPPING: "x", SHOP_EDITOR: "vi", SHOP_UNSET: undefined } })
  })
})

describe("secrets", () => {
  test("come wrapped, and the loaded configuration can be printed", async () => {
    const loaded = await shop.load({ env: { SHOP_API_KEY: "hunter2-hunter2" } })
    expect(loaded.apiKey).toBeInstanceOf(Secret)
    expect(loaded.apiKey.reveal()).toBe("hunter2-hunter2")
    for (const printed of [inspect(loaded, { depth: 9 }), JSON.stringify(loaded), Bun.inspect(loaded)])
      expect(printed).not.toContain("hunter2")
  })

  test.each<[string, ConfigSources]>([
    ["the file", { file: file({ apiKey: "hunter2" }) }],
    ["the environment", { env: { SHOP_API_KEY: "hunter2" } }],
    ["the flags", { flags: { "api-key": "hunter2" } }],
  ])("a wrong one from %s is not in the error", async (_, sources) => {
    const error = await shop.load(sources).catch((caught) => caught)
    expect(error.message).toMatch(/pi.?key.*\(not shown, it is a secret\)/i)
    expect(JSON.stringify(error.report()) + inspect(error)).not.toContain("hunter2")
  })
})

test("entries tell a help page every key, variable and flag", () => {
  expect(shop.entries).toContainEqual({
    key: "database.maxPoolSize",
    variable: "SHOP_DATABASE__MAX_POOL_SIZE",
    flag: "--database.max-pool-size",
    secret: false,
  })
  expect(shop.entries).toContainEqual({ key: "apiKey", variable: "SHOP_API_KEY", flag: "--api-key", secret: true })
})

describe("readConfigFile", async () => {
  const folder = await mkdtemp(join(tmpdir(), "config-"))
  afterAll(() => rm(folder, { recursive: true }))

  test("reads JSON, or what the given parser reads", async () => {
    await writeFile(join(folder, "a.json"), '{"port": 1}')
    await writeFile(join(folder, "a.toml"), "port = 2")
    expect(await readConfigFile(join(folder, "a.json"))).toEqual({ name: join(folder, "a.json"), values: { port: 1 } })
    expect((await readConfigFile(join(folder, "a.toml"), Bun.TOML.parse))?.values).toEqual({ port: 2 })
  })

  test("answers undefined when there is no file", async () => {
    expect(await readConfigFile(join(folder, "none.json"))).toBeUndefined()
  })

  test("refuses what does not parse or cannot be read, without quoting it", async () => {
    await writeFile(join(folder, "bad.json"), '{"key": "hunter2')
    for (const [path, why] of [
      [join(folder, "bad.json"), "does not parse"],
      [folder, "Cannot read"],
    ] as const) {
      const error = await readConfigFile(path).catch((caught) => caught)
      expect(error.code).toBe("CORE_CONFIG_INVALID")
      expect(error.message).toContain(why)
      expect(error.message).not.toContain("hunter2")
    }
  })
})
