import { describe, expect, test } from "bun:test"
import { isIgnored, readPlace } from "./place.ts"

describe("the place of a file", () => {
  const places: readonly [file: string, path: string, name: string][] = [
    ["index.ts", "/", ""],
    ["users.ts", "/users", "users"],
    ["users/index.ts", "/users", "users"],
    ["users/[id].ts", "/users/:id", "users.$id"],
    ["users/[id]/posts/[post].ts", "/users/:id/posts/:post", "users.$id.posts.$post"],
    ["docs/[...slug].ts", "/docs/*slug", "docs.$$slug"],
    ["docs/[...slug]/index.ts", "/docs/*slug", "docs.$$slug"],
    ["[[lang]].ts", "/:lang?", "$lang"],
    ["docs/[[lang]]/[[page]].ts", "/docs/:lang?/:page?", "docs.$lang.$page"],
    ["(admin)/users.ts", "/users", "users"],
    ["(a)/(b c)/[id]/(d)/x.ts", "/:id/x", "$id.x"],
    ["(admin)/index.ts", "/", ""],
    ["robots.txt.ts", "/robots.txt", "robots$txt"],
    ["@me.ts", "/@me", "@me"],
    ["a-b/c_d~e+f.mjs", "/a-b/c_d~e+f", "a-b.c_d~e+f"],
    ["größe.ts", "/gr%C3%B6%C3%9Fe", "größe"],
    ["gro\u0308ße.ts", "/gr%C3%B6%C3%9Fe", "größe"], // as some file systems keep it
    ["日本/[id].ts", "/%E6%97%A5%E6%9C%AC/:id", "日本.$id"],
    ["get.ts", "/get", "get"],
    ["index/index.ts", "/index", "index"],
    ["constructor.ts", "/constructor", "constructor"],
  ]
  for (const [file, path, name] of places) {
    test(`${file} is ${path}`, () => {
      const place = readPlace(file)
      expect([place.path, place.keys.join(".")]).toEqual([path, name])
    })
  }

  test("has one shape for each way to fill what is optional", () => {
    expect(readPlace("a/[[x]]/[[y]].ts").shapes).toEqual(["/a", "/a/:", "/a/:/:"])
    expect(readPlace("a/[...x].ts").shapes).toEqual(["/a/*"])
  })
})

describe("a name that stands for no path", () => {
  const wrong: readonly [file: string, says: RegExp][] = [
    ["users/[id.ts", /"\[id"/],
    ["users/id].ts", /"id\]"/],
    ["users/[].ts", /"\[\]"/],
    ["users/[1st].ts", /"\[1st\]"/],
    ["users/[a-b].ts", /"\[a-b\]"/],
    ["users/[__proto__ ].ts", /"\[__proto__ \]"/],
    ["users/[[id].ts", /"\[\[id\]"/],
    ["users/[id]].ts", /"\[id\]\]"/],
    ["user-[id].ts", /each alone/],
    ["[id][other].ts", /each alone/],
    ["docs/[[...slug]].ts", /write \[\.\.\.name\]/],
    ["docs/[...slug]/more.ts", /nothing may follow \[\.\.\.slug\]/],
    ["[[lang]]/docs.ts", /only the last parts/],
    ["[id]/x/[id].ts", /"id" twice/],
    ["(admin).ts", /each alone/],
    ["()/x.ts", /"\(\)"/],
    ["GET.ts", /name of a method/],
    ["a:b.ts", /"a:b"/],
    ["a*.ts", /"a\*"/],
    ["a?.ts", /"a\?"/],
    ["a#b.ts", /"a#b"/],
    ["a%2fb.ts", /"a%2fb"/],
    ["%2e%2e/x.ts", /"%2e%2e"/],
    ["../x.ts", /"\.\."/],
    ["./x.ts", /"\."/],
    ["a b.ts", /"a b"/],
    ["a$b.ts", /"a\$b"/],
    ["a\\b.ts", /"a\\\\b"/],
    ['a".ts', /"a\\""/],
    ["a\nb.ts", /"a\\nb"/],
    ["a\u202eb.ts", /"a.b"/u], // turns the text that follows around
    ["a\u0000b.ts", /"a\\u0000b"/],
    ["a\ud800b.ts", /"a\\ud800b"/],
    ["'+alert(1)+'.ts", /each alone/],
  ]
  for (const [file, says] of wrong) {
    test(`is refused: ${JSON.stringify(file)}`, () => {
      expect(() => readPlace(file)).toThrow(
        expect.objectContaining({ code: "FILE_ROUTER_NAME_INVALID", message: expect.stringMatching(says) }),
      )
    })
  }
})

test("what is no business of the routes is left alone", () => {
  expect(
    ["_lib.ts", "_layer.ts", "__proto__", ".git", "..x", "node_modules"].filter((name) => !isIgnored(name)),
  ).toEqual([])
  expect(["lib.ts", "[id]", "node_modules2"].filter(isIgnored)).toEqual([])
})
