import { describe, expect, test } from "bun:test"
import { functionPath, path, resolveBase, toSearch } from "./path.ts"

const refused = expect.objectContaining({ code: "SDK_BAD_OPTIONS" })

describe("a path", () => {
  test.each([
    ["plain", "/c/plain/d"],
    ["a/b", "/c/a%2Fb/d"],
    ["a?b#c", "/c/a%3Fb%23c/d"],
    ["%2e%2e", "/c/%252e%252e/d"],
    ["...", "/c/.../d"],
    ["ü 字", "/c/%C3%BC%20%E5%AD%97/d"],
  ])("keeps %p in one segment, through URL parsing too", (value, expected) => {
    const built = path`/c/${value}/d`
    expect(built).toBe(expected)
    expect(new URL(built, "http://x").pathname).toBe(expected)
  })

  test.each([[""], ["."], [".."], ["\ud800"]])("refuses %p, which would name something else", (value) => {
    expect(() => path`/c/${value}`).toThrow(refused)
  })

  test("takes numbers", () => {
    expect(path`/v/${3}`).toBe("/v/3")
  })
})

describe("a function's path", () => {
  test.each([
    [undefined, "/f/self/atlas/"],
    ["/", "/f/self/atlas/"],
    ["/region/Europe?minArea=1", "/f/self/atlas/region/Europe?minArea=1"],
    ["region/New Zealand", "/f/self/atlas/region/New%20Zealand"],
    ["?a=1", "/f/self/atlas?a=1"],
    ["/a/../b", "/f/self/atlas/b"],
  ])("%p becomes %s", (below, expected) => {
    expect(functionPath("self", "atlas", below)).toBe(expected)
  })

  test.each([["/.."], ["/../other"], ["/%2e%2e/other/"], ["../../../v1/projects"], ["/a/../../other"]])(
    "refuses %p, which leaves the function",
    (below) => {
      expect(() => functionPath("self", "atlas", below)).toThrow(refused)
    },
  )
})

test("a query string leaves out what is not set", () => {
  expect(toSearch(undefined)).toBe("")
  expect(toSearch({ a: undefined })).toBe("")
  expect(toSearch({ a: "x y", b: 0, c: false, d: undefined })).toBe("?a=x+y&b=0&c=false")
})

test("a base loses its last slashes and its query", () => {
  expect(resolveBase("https://x.org/ashlar//?a#b")).toBe("https://x.org/ashlar")
})
