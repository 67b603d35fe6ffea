import { describe, expect, test } from "bun:test"
import { buildPath, decodeSegment, joinPaths, parsePath } from "./path.ts"

describe("a path pattern", () => {
  test("is read as static, parameter and rest segments", () => {
    expect(parsePath("/users/:id/*path")).toEqual([
      { kind: "static", text: "users" },
      { kind: "param", name: "id", optional: false, constraint: undefined },
      { kind: "rest", name: "path" },
    ])
    expect(parsePath("/")).toEqual([])
  })

  test.each([
    ["users", "starts with"],
    ["/a//b", "empty segment"],
    ["/a/", "empty segment"],
    ["/:id/:id", "twice"],
    ["/:name.:ext", "whole segment"],
    ["/a*b", "mixes text"],
    ["/*rest/more", "last segment"],
    ["/:a?/b", "optional"],
    ["/:", "whole segment"],
    ["/*1x", "not a valid name"],
    ["/a/../b", "No request"],
    ["/a/%2e/b", "No request"],
  ])("refuses %s", (pattern, why) => {
    expect(() => parsePath(pattern)).toThrow(expect.objectContaining({ code: "HTTP_PATH_INVALID" }))
    expect(() => parsePath(pattern)).toThrow(why)
  })

  test("is filled with encoded parameters", () => {
    expect(buildPath("/users/:id", { id: "a/b c" })).toBe("/users/a%2Fb%20c")
    expect(buildPath("/files/*path", { path: "a b/c" })).toBe("/files/a%20b/c")
    expect(buildPath("/docs/:lang?")).toBe("/docs")
    expect(() => buildPath("/users/:id")).toThrow(expect.objectContaining({ code: "HTTP_ROUTE_UNKNOWN" }))
  })

  test.each([
    ["/café", "/caf%C3%A9"],
    ["/caf%c3%a9", "/caf%C3%A9"],
    ["/a b/{c}", "/a%20b/%7Bc%7D"],
    ["/100%", "/100%25"],
    ["/a.b-c_d~e!$&'()+,;=@", "/a.b-c_d~e!$&'()+,;=@"],
    ["/😀", "/%F0%9F%98%80"],
  ])("of %s is what clients send: %s", (pattern, path) => {
    expect(buildPath(pattern)).toBe(path)
  })

  test.each([
    ["/x/:id", { id: ".." }],
    ["/x/:id", { id: "." }],
    ["/x/:id", { id: "" }],
    ["/f/*path", { path: "a/../b" }],
    ["/o/:a?/:b?", { b: "x" }],
  ])("%s is not filled with %p, which would lead elsewhere", (pattern, params) => {
    expect(() => buildPath(pattern, params)).toThrow(expect.objectContaining({ code: "HTTP_ROUTE_UNKNOWN" }))
  })

  test("joins a scope's prefix", () => {
    expect(joinPaths("/admin", "/")).toBe("/admin")
    expect(joinPaths("", "/x")).toBe("/x")
    expect(joinPaths("/a", "/b")).toBe("/a/b")
  })

  test("decodes once, and refuses a malformed escape", () => {
    expect(decodeSegment("a%2Fb")).toBe("a/b")
    expect(decodeSegment("%252F")).toBe("%2F")
    expect(decodeSegment("%zz")).toBeUndefined()
  })
})
