import { expect, test } from "bun:test"
import { networkOf } from "./network-of.ts"

test.each([
  ["1.2.3.4", 64, "1.2.3.4"],
  ["::ffff:1.2.3.4", 64, "1.2.3.4"],
  ["::ffff:102:304", 64, "1.2.3.4"],
  ["2001:db8:1:2:3:4:5:6", 64, "2001:db8:1:2::"],
  ["2001:db8:1:2:ffff:ffff:ffff:ffff", 64, "2001:db8:1:2::"],
  ["2001:DB8:1:2::", 64, "2001:db8:1:2::"],
  ["2001:db8:1:2ff::1", 56, "2001:db8:1:200::"],
  ["2001:db8:1:2::1", 128, "2001:db8:1:2::1"],
  ["fe80::1%eth0", 64, "fe80::"],
  ["::1", 64, "::"],
])("the network of %s with %d bits is %s", (text, bits, network) => {
  expect(networkOf(text, bits)).toBe(network)
})

test.each(["", "nobody", "1.2.3", "1.2.3.4:80", "[::1]", "01.2.3.4"])("%p is no address", (text) => {
  expect(networkOf(text, 64)).toBeUndefined()
})
