import { describe, expect, test } from "bun:test"
import { parsePath } from "./path.ts"
import { Router } from "./router.ts"

function routerOf(...patterns: string[]): Router<{ pattern: string }> {
  const router = new Router<{ pattern: string }>()
  for (const pattern of patterns) router.at(parsePath(pattern), () => ({ pattern }))
  return router
}

describe("the router", () => {
  const router = routerOf(
    "/",
    "/a/b/d",
    "/a/:x/c",
    "/users/:id",
    "/users/me",
    "/files/*path",
    "/docs/:lang?",
    "/:any/*",
  )

  test.each([
    ["/", "/", []],
    ["/users/me", "/users/me", []],
    ["/users/42", "/users/:id", ["42"]],
    ["/a/b/d", "/a/b/d", []],
    ["/a/b/c", "/a/:x/c", ["b"]], // backtracks out of /a/b
    ["/files/x/y.txt", "/files/*path", ["x/y.txt"]],
    ["/docs", "/docs/:lang?", []],
    ["/docs/en", "/docs/:lang?", ["en"]],
    ["/other/deep/path", "/:any/*", ["other", "deep/path"]],
    ["/users/a%2Fb", "/users/:id", ["a%2Fb"]], // decoded when it is read
  ])("leads %s to %s", (path, pattern, values) => {
    expect(router.find(path)).toEqual({ value: { pattern }, values })
  })

  test.each(["/a", "/A/b/d/", "/users/"])("leads %s nowhere, or to the catch-all", (path) => {
    expect(router.find(path)?.value.pattern ?? "none").toBeOneOf(["none", "/:any/*"])
  })

  test.each([
    ["/users/me", "/users/:id", ["me"]],
    ["/a/b/d", "/:any/*", ["a", "b/d"]],
    ["/docs", "/:any/*", ["docs", ""]],
    ["/users/7", "/:any/*", ["users", "7"]],
  ])("leads %s on to %s where what is more specific will not do", (path, pattern, values) => {
    const passed = new Set(["/users/me", "/a/b/d", "/docs/:lang?"])
    if (values.includes("7")) passed.add("/users/:id")
    expect(router.find(path, (value) => !passed.has(value.pattern))).toEqual({ value: { pattern }, values })
    expect(router.find(path, () => false)).toBeUndefined()
  })

  test("keeps one value per place, whatever the parameter's name", () => {
    const two = new Router<{ n: number }>()
    const first = two.at(parsePath("/users/:id"), () => ({ n: 1 }))
    expect(two.at(parsePath("/users/:name"), () => ({ n: 2 }))).toEqual(first)
  })

  test("agrees with a plain matcher on random tables", () => {
    const words = ["a", "b", ":x", ":y"]
    for (let round = 0; round < 200; round++) {
      const patterns = new Map<string, string>()
      for (let n = 0; n < 6; n++) {
        const length = 1 + Math.floor(Math.random() * 3)
        const parts = Array.from({ length }, (_, at) => {
          const word = words[Math.floor(Math.random() * words.length)]!
          return word.startsWith(":") ? `:p${at}` : word
        })
        patterns.set(parts.join("/"), `/${parts.join("/")}`)
      }
      const table = routerOf(...patterns.values())
      for (const path of ["/a", "/b/a", "/a/b/a", "/b/b/b", "/a/a"]) {
        const parts = path.slice(1).split("/")
        const fits = [...patterns.values()].filter((pattern) => {
          const own = pattern.slice(1).split("/")
          return own.length === parts.length && own.every((one, at) => one.startsWith(":") || one === parts[at])
        })
        // The most specific fit: static before parameter, from the left.
        const best = fits.sort((a, b) => rank(a).localeCompare(rank(b)))[0]
        expect(table.find(path)?.value.pattern).toBe(best as string)
      }
    }
  })
})

function rank(pattern: string): string {
  return pattern.replaceAll(/:[^/]+/g, "1").replaceAll(/[a-z]+/g, "0")
}
