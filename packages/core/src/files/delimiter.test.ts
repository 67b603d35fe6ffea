import { expect, test } from "bun:test"
import { bytesOf, randomOf } from "../testing/bytes.ts"
import { Delimiter } from "./delimiter.ts"

test("finds what Buffer finds, from any place", () => {
  for (let seed = 1; seed <= 3000; seed++) {
    const random = randomOf(seed)
    const alphabet = ["\r", "\n", "-", "a", "b"].slice(0, 2 + random(4))
    const text = (length: number): string => Array.from({ length }, () => alphabet[random(alphabet.length)]).join("")
    const needle = bytesOf(text(1 + random(6)))
    const data = bytesOf(text(random(80)))
    const from = random(data.length + 1)
    const expected = Buffer.from(data).indexOf(Buffer.from(needle), from)
    expect(new Delimiter(needle).find(data, from)).toBe(expected)
  }
})

test("decides nothing about an end that may be its beginning", () => {
  const delimiter = new Delimiter(bytesOf("\r\n--ab"))
  const open: [string, number][] = [
    ["xyz", 3],
    ["xyz\r", 3],
    ["xyz\r\n--a", 3],
    ["xyz\r\r\n-", 4],
    ["xyz\r\n-x", 7],
    ["xyz\rx", 5],
    ["\r\n", 0],
    ["", 0],
  ]
  for (const [text, end] of open) expect(delimiter.decidedEnd(bytesOf(text), 0)).toBe(end)
  expect(delimiter.decidedEnd(bytesOf("\r\nx\r"), 4)).toBe(4)
})

test("looks at no byte more than a few times in data made to hurt it", () => {
  const attacks = ["a", "\r", "\r\n", `\r\n--${"a".repeat(69)}`, `\r${"a".repeat(73)}`, `\r\n--${"a".repeat(68)}b`]
  const delimiter = new Delimiter(bytesOf(`\r\n--${"a".repeat(69)}b`))
  for (const attack of attacks) {
    const data = bytesOf(attack.repeat(1000))
    let looks = 0
    const watched = new Proxy(data, {
      get(target, key) {
        if (key === "length") return target.length
        looks++
        return target[key as unknown as number]
      },
    })
    expect(delimiter.find(watched, 0)).toBe(-1)
    expect(looks).toBeLessThanOrEqual(3 * data.length)
  }
})
