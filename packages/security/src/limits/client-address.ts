import { networkOf } from "@ashlar/http/addresses"

/**
 * The address as one client has it: IPv4 whole, IPv6 its network of 64 bits, since whoever has one address there has all of them.
 * `undefined` is one client, too: nobody is let off for being unknown.
 */
export function clientOf(address: string | undefined, ipv6Bits = 64): string {
  return address === undefined ? "unknown" : (networkOf(address, ipv6Bits) ?? "unknown")
}
