import { formatAddress, parseAddress } from "./network-address.ts"

/** The first two groups that say that an IPv4 address follows. */
const MAPPED = 0xffff

/**
 * An address as one client has it: IPv4 as it is, also where it is written as IPv6 (`::ffff:1.2.3.4`), and of IPv6 the network of so
 * many bits, in the one way to write it. Undefined for what is no address.
 *
 * @param ipv6Bits 0 to 128.
 * @example
 * networkOf("2001:db8:1:2:3:4:5:6", 64) // "2001:db8:1:2::"
 */
export function networkOf(text: string, ipv6Bits: number): string | undefined {
  const address = parseAddress(text)
  if (address === undefined) return undefined
  const isIpv4 = address[5] === MAPPED && address.slice(0, 5).every((word) => word === 0)
  if (isIpv4) return formatAddress(address)
  return formatAddress(
    address.map((word, at) => {
      const bits = Math.min(16, Math.max(0, ipv6Bits - at * 16))
      return word & (0xffff << (16 - bits)) & 0xffff
    }),
  )
}
