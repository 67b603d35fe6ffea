import { describe, expect, test } from "bun:test"
import { ResponseParser } from "./response-parser.ts"

const HEAD = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n"
const SHORT = `${HEAD}content-length: 2\r\n\r\nhi`
const CHUNKED = `${HEAD}transfer-encoding: chunked\r\n\r\n3\r\none\r\n1A;name=value\r\n${"x".repeat(26)}\r\n0\r\n\r\n`

const answers: [string, string, number][] = [
  ["a length", SHORT, 200],
  ["a length in other letters", `HTTP/1.1 201 Created\r\nContent-Length:  2\r\n\r\nhi`, 201],
  ["no body", "HTTP/1.1 204 No Content\r\ndate: today\r\n\r\n", 204],
  ["an empty body", "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", 200],
  ["chunks", CHUNKED, 200],
  ["chunks and trailers", CHUNKED.replace("0\r\n\r\n", "0\r\nserver-timing: a\r\nx: y\r\n\r\n"), 200],
  ["a body that looks like an end", `${HEAD}content-length: 11\r\n\r\n\r\n0\r\n\r\n\r\n\r\n`, 200],
  ["a chunk that looks like an end", `${HEAD}transfer-encoding: chunked\r\n\r\n5\r\n0\r\n\r\n\r\n0\r\n\r\n`, 200],
]

describe("the end of an answer with", () => {
  test.each(answers)("%s is found, however its bytes arrive", (_what, text, status) => {
    const bytes = Buffer.from(text)
    for (let size = 1; size <= bytes.length; size++) {
      const parser = new ResponseParser()
      // Three answers on one connection: the second and third find what the first left behind.
      for (let turn = 0; turn < 3; turn++)
        for (let at = 0; at < bytes.length; at += size) {
          const isLast = at + size >= bytes.length
          expect(parser.feed(bytes.subarray(at, at + size))).toBe(isLast ? "whole" : "more")
        }
      expect(parser.status).toBe(status)
    }
  })
})

test("an answer of another status and the same length is not taken for the last one", () => {
  const parser = new ResponseParser()
  parser.feed(Buffer.from(SHORT))
  parser.feed(Buffer.from(SHORT.replace("200 OK", "500 No")))
  expect(parser.status).toBe(500)
})

test("answers of other lengths follow one another", () => {
  const parser = new ResponseParser()
  for (const text of [SHORT, CHUNKED, SHORT.replace("2\r\n\r\nhi", "5\r\n\r\nhello"), SHORT])
    expect(parser.feed(Buffer.from(text))).toBe("whole")
})

const wrong: [string, string][] = [
  ["another protocol", "SSH-2.0-OpenSSH_9.6 and more"],
  ["two answers at once", SHORT + SHORT],
  ["more than its length", `${SHORT}!`],
  ["no frame of the body", "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nhi"],
  ["a size that is none", `${HEAD}transfer-encoding: chunked\r\n\r\nxyz\r\n`],
  ["a head without end", `HTTP/1.1 200 OK\r\n${"x".repeat(70_000)}`],
]
test.each(wrong)("%s is refused", (_what, text) => {
  expect(() => new ResponseParser().feed(Buffer.from(text))).toThrow()
})
