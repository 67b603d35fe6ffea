/** The longest address of IPv6 that ends in one of IPv4. */
export const MAX_IP_LENGTH = 45

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/
const MAX_IPV4_LENGTH = 15
const GROUP = /^[0-9A-Fa-f]{1,4}$/

export function isIpv4(text: string): boolean {
  return text.length <= MAX_IPV4_LENGTH && IPV4.test(text)
}

/** Eight groups, of which one row of zeros may be left out; an address of IPv4 may stand for the last two. @see RFC 4291, section 2.2 */
export function isIpv6(text: string): boolean {
  if (text.length > MAX_IP_LENGTH) return false
  const [before, after, ...more] = text.split("::")
  if (more.length > 0) return false
  if (after === undefined) return groupsIn(before!, true) === 8
  const [left, right] = [groupsIn(before!, false), groupsIn(after, true)]
  return left >= 0 && right >= 0 && left + right <= 7
}

/** How many groups of 16 bits there are, or -1. */
function groupsIn(text: string, mayEndInIpv4: boolean): number {
  if (text === "") return 0
  const groups = text.split(":")
  const last = mayEndInIpv4 && isIpv4(groups.at(-1)!) ? groups.pop() : undefined
  return groups.every((group) => GROUP.test(group)) ? groups.length + (last === undefined ? 0 : 2) : -1
}

/** An address and the length of a prefix. @see RFC 4632, section 3.1 */
export function isCidr(text: string): boolean {
  const slash = text.lastIndexOf("/")
  if (slash < 0 || slash > MAX_IP_LENGTH || !/^(?:0|[1-9]\d{0,2})$/.test(text.slice(slash + 1))) return false
  const [address, bits] = [text.slice(0, slash), Number(text.slice(slash + 1))]
  return (bits <= 32 && isIpv4(address)) || (bits <= 128 && isIpv6(address))
}
