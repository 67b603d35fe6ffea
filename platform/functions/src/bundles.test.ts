import { afterAll, describe, expect, test } from "bun:test"
import { createHash } from "node:crypto"
import { type BundleStore, readBundle } from "./bundles.ts"
import { deployer, type Install, openInstall, project } from "./testing/install.ts"

const installs: Install[] = []
afterAll(async () => {
  for (const install of installs) await install.close()
})
function open(options: Parameters<typeof openInstall>[0]): Install {
  const install = openInstall(options)
  installs.push(install)
  return install
}

interface TestBundles extends BundleStore {
  readonly kept: Map<string, Uint8Array>
  isFailing: boolean
}
function createBundles(): TestBundles {
  const kept = new Map<string, Uint8Array>()
  const bundles: TestBundles = {
    ...{ kept, isFailing: false },
    async put(key, code) {
      if (bundles.isFailing) throw new RangeError("the store is away")
      expect(kept.has(key)).toBe(false)
      kept.set(key, code)
    },
    get: async (key) => kept.get(key),
    async discard(keys) {
      for (const key of keys) kept.delete(key)
    },
  }
  return bundles
}

/** The same for all installs of a test, as the platform's is for all its starts. What it seals is of no matter here. */
const sealer = { seal: (bytes: Uint8Array) => bytes, open: (bytes: Uint8Array) => bytes }
const answering = (text: string): string => `export default { fetch: () => new Response(${JSON.stringify(text)}) }`

describe("code that is kept outside of the project's file", () => {
  test("is read from there by a process that starts, and goes with its version", async () => {
    const bundles = createBundles()
    const first = open({ bundles, sealer, limits: { maxVersions: 2 } })
    for (const n of [1, 2, 3]) await first.deploy("hello", answering(`version ${n}`), { runtime: "quickjs" })
    expect(bundles.kept.size).toBe(2)
    for (const key of bundles.kept.keys()) expect(key).toMatch(/^functions\/p1\/[0-9a-f-]{36}\/[0-9a-f-]{36}\.js$/)
    const rows = (await first.file()).all<{ code: Uint8Array; size: number }>(
      "SELECT code, size_bytes AS size FROM functions_versions",
    )
    expect(rows.map(({ code }) => code.length)).toEqual([0, 0])
    const { items } = await first.functions.versions(project, "hello")
    expect(items[0]).toMatchObject({ version: 3, sizeBytes: answering("version 3").length })
    // Another process of the platform, which has nothing loaded.
    const second = open({ bundles, sealer, storeFor: () => first.file() })
    expect((await second.call("hello")).text).toBe("version 3")
    await second.functions.rollback(project, "hello")
    expect((await second.call("hello")).text).toBe("version 2")
    expect(await second.functions.unusedBundles(project, [...bundles.kept.keys(), "functions/p1/x/y.js"])).toEqual([
      "functions/p1/x/y.js",
    ])
    await second.functions.remove(project, "hello")
    expect(bundles.kept.size).toBe(0)
  }, 60_000)

  test("that was in the file before is read from the file", async () => {
    const old = open({ sealer })
    await old.deploy("hello", answering("from the file"), { runtime: "quickjs", env: { A: "1" } })
    const bundles = createBundles()
    const next = open({ bundles, sealer, storeFor: () => old.file() })
    expect((await next.call("hello")).text).toBe("from the file")
    await next.deploy("hello", answering("from the store"), { runtime: "quickjs" })
    expect((await next.functions.get(project, "hello")).env).toEqual(["A"])
    await next.functions.rollback(project, "hello", 1)
    const third = open({ bundles, sealer, storeFor: () => old.file() })
    expect((await third.call("hello")).text).toBe("from the file")
  }, 60_000)

  test("that cannot be kept is not deployed, and what is not deployed is not kept", async () => {
    const bundles = createBundles()
    const install = open({ bundles, sealer, limits: { maxFunctions: 1 } })
    await install.deploy("hello", answering("one"), { runtime: "quickjs" })
    bundles.isFailing = true
    await expect(install.deploy("hello", answering("two"), { runtime: "quickjs" })).rejects.toThrow("the store is away")
    bundles.isFailing = false
    expect((await install.functions.get(project, "hello")).version).toBe(1)
    const second = { name: "second", runtime: "quickjs", code: answering("three") } as const
    const failure = await install.functions.deploy(project, second, deployer).catch((error) => error.code)
    expect(failure).toBe("FUNCTIONS_INVALID")
    expect(bundles.kept.size).toBe(1)
  }, 60_000)

  test("and is gone or changed does not run: FUNCTIONS_BUNDLE_LOST", async () => {
    const bundles = createBundles()
    const first = open({ bundles, sealer })
    await first.deploy("hello", answering("mine"), { runtime: "quickjs" })
    const [key] = bundles.kept.keys()
    bundles.kept.set(key!, new TextEncoder().encode(answering("not mine")))
    const second = open({ bundles, sealer, storeFor: () => first.file() })
    expect(await second.call("hello")).toMatchObject({ code: "FUNCTIONS_BUNDLE_LOST", text: "" })
    bundles.kept.clear()
    expect(await second.call("hello")).toMatchObject({ code: "FUNCTIONS_BUNDLE_LOST", text: "" })
  }, 60_000)

  test("is what its hash says", async () => {
    const code = new TextEncoder().encode("code")
    const bundles = { get: async () => code, put: async () => undefined, discard: async () => undefined }
    const sha256 = createHash("sha256").update(code).digest("hex")
    expect(await readBundle(bundles, { key: "k", sha256 })).toEqual(code)
    const failure = await readBundle(bundles, { key: "k", sha256: "0".repeat(64) }).catch((error) => error.code)
    expect(failure).toBe("FUNCTIONS_BUNDLE_LOST")
    expect(await readBundle(undefined, { key: "k", sha256 }).catch((error) => error.code)).toBe("FUNCTIONS_BUNDLE_LOST")
  })
})
