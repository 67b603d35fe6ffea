import { describe, expect, test } from "bun:test"
import { isPathAsSent } from "./deno-host.ts"

/** A request as Deno makes it of a Host header and a target. */
function requestOf(host: string, target: string): Request {
  return { url: `http://${host}${target}`, headers: new Headers({ host }) } as Request
}

describe("the path of a request on Deno", () => {
  test.each([
    ["a", "/"],
    ["a:80", "/users"],
    ["a.example", "/users/1"],
    ["127.0.0.1:3000", "/users/1?next=/home"],
    ["[::1]:80", "/users?next=/home"],
  ])("is as it was sent with Host %s and target %s", (host, target) => {
    expect(isPathAsSent(requestOf(host, target), `http://${host}${target}`)).toBe(true)
  })

  test.each([
    ["a/admin?", "/users"],
    ["a/?", "/users"],
    ["a/?x=", "/"],
    ["a/users/1?", "/users"],
    ["a/admin#", "/users"],
    ["a/admin", "/users"],
    ["a?", "/users"],
    ["a#", "/"],
    ["user@a", "/"],
    ["/admin?", "/users"],
    ["a\\admin?", "/users"],
  ])("may be another one with Host %s and target %s", (host, target) => {
    expect(isPathAsSent(requestOf(host, target), `http://${host}${target}`)).toBe(false)
  })

  test("is looked at by what is inside a request, where that tells a header", () => {
    const asked: string[] = []
    const header = (name: string): string => {
      asked.push(name)
      return "a"
    }
    const request = {
      [Symbol("request")]: { header },
      url: "http://a/users/1",
      get headers(): Headers {
        throw new Error("Deno copies all headers of a request whose headers somebody touched")
      },
    }
    expect(isPathAsSent(request as unknown as Request, request.url)).toBe(true)
    expect(asked).toEqual(["host"])
  })
})
