import { describe, expect, test } from "bun:test"
import { isIP } from "node:net"
import { formatAddress, isInRange, parseAddress, parseRange } from "./network-address.ts"

const normal = (text: string): string | undefined => {
  const address = parseAddress(text)
  return address && formatAddress(address)
}

describe("an address", () => {
  test.each([
    ["127.0.0.1", "127.0.0.1"],
    ["255.255.255.255", "255.255.255.255"],
    ["::", "::"],
    ["::1", "::1"],
    ["1::", "1::"],
    ["2001:DB8:0:0:8:800:200C:417A", "2001:db8::8:800:200c:417a"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"], // RFC 5952, 4.2.2: one zero is not shortened
    ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"], // the longest run
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"], // the first of two
    ["::ffff:192.0.2.128", "192.0.2.128"],
    ["::FFFF:c000:280", "192.0.2.128"],
    ["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
    ["fe80::1%eth0", "fe80::1"],
    ["0:0:0:0:0:0:0:0", "::"],
  ])("%s is written %s", (text, expected) => {
    expect(normal(text)).toBe(expected)
  })

  test.each([
    "",
    "1.2.3",
    "1.2.3.4.5",
    "1.2.3.256",
    "01.2.3.4",
    "1.2.3.4 ",
    "0x7f.0.0.1",
    "127.1",
    "2130706433",
    "1.2.3.4:80",
    "[::1]",
    ":::",
    "1::2::3",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7:8::",
    "::12345",
    "::g",
    "::1.2.3.4:5",
    "1.2.3.4::",
    "::ffff:1.2.3.999",
    "localhost",
    "٣.2.3.4",
    ":1",
    "1:",
  ])("is not read from %p", (text) => {
    expect(parseAddress(text)).toBeUndefined()
  })
})

test("what is an address is what Node takes for one", () => {
  const alphabet = ["0", "1", "9", "25", "a", "F", ":", ":", "::", ".", ".", "ffff"]
  let addresses = 0
  for (let round = 0; round < 200_000; round++) {
    let text = ""
    for (let n = 3 + Math.floor(Math.random() * 14); n > 0; n--)
      text += alphabet[Math.floor(Math.random() * alphabet.length)]
    const isAddress = parseAddress(text) !== undefined
    if (isAddress !== (isIP(text) !== 0)) throw new Error(`${text}: ${isAddress}`)
    if (!isAddress) continue
    addresses++
    expect(normal(normal(text)!)).toBe(normal(text))
  }
  expect(addresses).toBeGreaterThan(1000)
})

describe("a range", () => {
  test.each<[string, string, boolean]>([
    ["10.0.0.0/8", "10.255.0.1", true],
    ["10.0.0.0/8", "11.0.0.1", false],
    ["10.0.0.0/8", "::ffff:10.1.2.3", true],
    ["10.0.0.0/8", "::10.1.2.3", false], // the old, other embedding is another address
    ["172.16.0.0/12", "172.31.255.255", true],
    ["172.16.0.0/12", "172.32.0.0", false],
    ["192.0.2.1", "192.0.2.1", true],
    ["192.0.2.1", "192.0.2.2", false],
    ["0.0.0.0/0", "203.0.113.1", true],
    ["0.0.0.0/0", "2001:db8::1", false],
    ["::/0", "203.0.113.1", true],
    ["2001:db8::/33", "2001:db8:7fff::1", true],
    ["2001:db8::/33", "2001:db8:8000::1", false],
    ["::1/128", "::1", true],
    ["192.168.0.0/31", "192.168.0.1", true],
    ["192.168.0.0/31", "192.168.0.2", false],
  ])("%s holds %s: %p", (range, address, expected) => {
    expect(isInRange(parseAddress(address)!, parseRange(range)!)).toBe(expected)
  })

  test.each(["10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8/8", "10/8", "a/8", "10.0.0.0/ 8"])(
    "is not read from %p",
    (text) => {
      expect(parseRange(text)).toBeUndefined()
    },
  )
})
