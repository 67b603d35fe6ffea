import { afterEach, describe, expect, test } from "bun:test"
import { mkdirSync, symlinkSync } from "node:fs"
import { join } from "node:path"
import { scanRoutes } from "./scan.ts"
import { temporaryFolder } from "./testing-folder.ts"

const folders: { remove(): void }[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) folder.remove()
})

/** A folder of files whose content does not matter. */
function folderOf(...files: readonly string[]): string {
  const folder = temporaryFolder()
  folders.push(folder)
  folder.write(Object.fromEntries(files.map((file) => [file, ""])))
  return folder.path
}

const scan = async (...files: readonly string[]): Promise<readonly (readonly [string, string, readonly string[]])[]> =>
  (await scanRoutes({ folder: folderOf(...files) })).map(({ file, path, layers }) => [file, path, layers] as const)

describe("a scan", () => {
  test("finds routes with the layers above them, ordered by path", async () => {
    const found = await scan(
      "users/[id].ts",
      "index.ts",
      "_layer.ts",
      "(admin)/_layer.mjs",
      "(admin)/stats.js",
      "users/_layer.ts",
      "users/[id]/_layer.ts",
      "users/[id]/posts.mts",
      "docs/[...slug].tsx",
    )
    expect(found).toEqual([
      ["index.ts", "/", ["_layer.ts"]],
      ["docs/[...slug].tsx", "/docs/*slug", ["_layer.ts"]],
      ["(admin)/stats.js", "/stats", ["_layer.ts", "(admin)/_layer.mjs"]],
      ["users/[id].ts", "/users/:id", ["_layer.ts", "users/_layer.ts"]],
      ["users/[id]/posts.mts", "/users/:id/posts", ["_layer.ts", "users/_layer.ts", "users/[id]/_layer.ts"]],
    ])
  })

  test("leaves alone what is no route", async () => {
    const others = [
      "_lib.ts",
      "_lib/x.ts",
      ".hidden/x.ts",
      ".x.ts",
      "node_modules/x/index.ts",
      "README.md",
      "data.json",
    ]
    const beside = ["users.test.ts", "users.spec.js", "users.test-d.ts", "users.d.ts"]
    expect(await scan("users.ts", ...others, ...beside)).toEqual([["users.ts", "/users", []]])
  })

  test("finds nothing in an empty folder", async () => {
    expect(await scan()).toEqual([])
  })

  test("ends after `maxFiles`, ignored or not", async () => {
    const folder = folderOf("a.ts", "b/c.ts", "_d.ts")
    expect(await scanRoutes({ folder, maxFiles: 4 })).toHaveLength(2)
    await expect(scanRoutes({ folder, maxFiles: 3 })).rejects.toMatchObject({
      code: "FILE_ROUTER_TOO_MANY_FILES",
      details: { maxFiles: 3 },
    })
  })

  test("says which folder it could not read", async () => {
    const folder = join(folderOf("a.ts"), "missing")
    await expect(scanRoutes({ folder })).rejects.toMatchObject({
      code: "FILE_ROUTER_FOLDER_UNREADABLE",
      message: expect.stringContaining(folder),
    })
    await expect(scanRoutes({ folder: join(folderOf("a.ts"), "a.ts") })).rejects.toMatchObject({
      code: "FILE_ROUTER_FOLDER_UNREADABLE",
    })
  })
})

describe("two files for one path", () => {
  const pairs: readonly (readonly [first: string, second: string])[] = [
    ["users.ts", "users/index.ts"],
    ["users.ts", "users.js"],
    ["(a)/users.ts", "(b)/users.ts"],
    ["users/[id].ts", "users/[name].ts"],
    ["[id]/x.ts", "[name]/x.ts"],
    ["docs/[...a].ts", "docs/[...b].ts"],
    ["index.ts", "[[lang]].ts"],
    ["[[lang]].ts", "[id].ts"],
    ["größe.ts", "gro\u0308ße.ts"],
  ]
  for (const [first, second] of pairs) {
    test(`are refused: ${first} and ${second}`, async () => {
      const error = await scan(first, second).catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ code: "FILE_ROUTER_CONFLICT" })
      expect(String(error)).toContain(first)
      expect(String(error)).toContain(second)
    })
  }

  test("are not two whose paths only overlap", async () => {
    const found = await scan(
      "users/[id].ts",
      "users/me.ts",
      "users/[...rest].ts",
      "users/index.ts",
      "[a]/x.ts",
      "[b]/y.ts",
    )
    expect(found.map(([, path]) => path)).toEqual([
      "/:a/x",
      "/:b/y",
      "/users",
      "/users/*rest",
      "/users/:id",
      "/users/me",
    ])
  })

  test("and two layers of one folder are refused", async () => {
    await expect(scan("a/_layer.ts", "a/_layer.js", "a/x.ts")).rejects.toMatchObject({
      code: "FILE_ROUTER_CONFLICT",
      message: expect.stringMatching(/a\/_layer\.js and a\/_layer\.ts/),
    })
  })
})

describe("a symbolic link", () => {
  const cases: readonly (readonly [name: string, target: string, type: "file" | "dir"])[] = [
    ["secret.ts", "/etc/hostname", "file"],
    ["outside", "..", "dir"],
    ["loop", ".", "dir"],
    ["same.ts", "index.ts", "file"],
    ["gone.ts", "nothing.ts", "file"],
    ["_layer.ts", "../layer.ts", "file"],
  ]
  for (const [name, target, type] of cases) {
    test(`among the routes is refused: ${name} to ${target}`, async () => {
      const folder = folderOf("routes/index.ts", "layer.ts")
      symlinkSync(target, join(folder, "routes", name), type)
      await expect(scanRoutes({ folder: join(folder, "routes") })).rejects.toMatchObject({
        code: "FILE_ROUTER_LINK_REFUSED",
        message: expect.stringContaining(name),
      })
    })
  }

  test("to the folder itself is followed, and one that is ignored is not looked at", async () => {
    const folder = folderOf("real/index.ts")
    mkdirSync(join(folder, "elsewhere"))
    symlinkSync("/", join(folder, "real", "_root"))
    symlinkSync("real", join(folder, "link"))
    expect(await scanRoutes({ folder: join(folder, "link") })).toHaveLength(1)
  })
})
