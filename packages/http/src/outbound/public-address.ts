/**
 * Which addresses are public. A name that a stranger gives can resolve to anything, the network that we are in
 * included, so the address decides, not the name.
 *
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry
 * @see https://www.iana.org/assignments/iana-ipv6-special-registry
 */

import { BlockList, isIP } from "node:net"

const special4: readonly (readonly [string, number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
]

/** What is special inside 2000::/3: protocol assignments, documentation, 6to4 (which embeds an IPv4 address). */
const special6: readonly (readonly [string, number])[] = [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
]

const denied = new BlockList()
for (const [network, prefix] of special4) denied.addSubnet(network, prefix, "ipv4")
for (const [network, prefix] of special6) denied.addSubnet(network, prefix, "ipv6")

const global6 = new BlockList()
global6.addSubnet("2000::", 3, "ipv6")

/**
 * Is this the text of an address that anybody on the internet may reach?
 *
 * IPv4: everything but the special-purpose blocks. IPv6: only the global unicast range, so mapped, translated, local and
 * scoped forms are refused without a list of them. What is no address is not public.
 */
export function isPublicAddress(address: string): boolean {
  const version = isIP(address)
  if (version === 4) return !denied.check(address, "ipv4")
  if (version !== 6 || address.includes("%")) return false
  return global6.check(address, "ipv6") && !denied.check(address, "ipv6")
}
