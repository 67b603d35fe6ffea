/**
 * IP addresses as eight 16-bit words: an IPv4 address is what RFC 4291 maps it to (`::ffff:a.b.c.d`), so that both
 * families compare in one way, and `::ffff:10.0.0.1` cannot pass for another machine than `10.0.0.1`.
 */
export type NetworkAddress = readonly number[]

/** A range of addresses: those whose first `bits` are the range's. */
export interface NetworkRange {
  readonly address: NetworkAddress
  /** 0 to 128, of the mapped form: an IPv4 `/8` has 104. */
  readonly bits: number
}

const MAPPED: readonly number[] = [0, 0, 0, 0, 0, 0xffff]
const MAPPED_BITS = 96

/**
 * Reads an address in text, IPv4 or IPv6; undefined for anything else. A zone (`fe80::1%eth0`) is left out. Strict, as
 * address books of attackers are: no octal, no short forms (`127.1`), no brackets, no ports.
 * @see https://www.rfc-editor.org/rfc/rfc4291#section-2.2
 */
export function parseAddress(text: string): NetworkAddress | undefined {
  if (!text.includes(":")) {
    const words = parseIpv4(text)
    return words && [...MAPPED, ...words]
  }
  const zone = text.indexOf("%")
  return parseIpv6(zone === -1 ? text : text.slice(0, zone))
}

/** Two words. A leading zero is refused: some readers take it for octal. */
function parseIpv4(text: string): number[] | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)
  if (match === null) return undefined
  const [a, b, c, d] = match.slice(1).map(Number) as [number, number, number, number]
  if (match.slice(1).some((part) => part !== String(Number(part)))) return undefined
  return Math.max(a, b, c, d) > 255 ? undefined : [(a << 8) | b, (c << 8) | d]
}

function parseIpv6(text: string): NetworkAddress | undefined {
  const [head, tail, ...more] = text.split("::")
  if (head === undefined || more.length > 0) return undefined
  const left = parseGroups(head, tail === undefined)
  if (tail === undefined) return left?.length === 8 ? left : undefined
  const right = parseGroups(tail, true)
  if (left === undefined || right === undefined) return undefined
  const missing = 8 - left.length - right.length
  return missing < 1 ? undefined : [...left, ...new Array<number>(missing).fill(0), ...right] // `::` is one group at least
}

function parseGroups(text: string, isLast: boolean): number[] | undefined {
  if (text === "") return []
  const words: number[] = []
  const groups = text.split(":")
  for (const [index, group] of groups.entries()) {
    const embedded = isLast && index === groups.length - 1 && group.includes(".") ? parseIpv4(group) : undefined
    if (embedded !== undefined) words.push(...embedded)
    else if (/^[0-9a-f]{1,4}$/i.test(group)) words.push(Number.parseInt(group, 16))
    else return undefined
  }
  return words.length > 8 ? undefined : words
}

/** The one way to write an address. @see https://www.rfc-editor.org/rfc/rfc5952 */
export function formatAddress(address: NetworkAddress): string {
  if (isMapped(address)) {
    const [high, low] = [address[6]!, address[7]!]
    return [high >> 8, high & 255, low >> 8, low & 255].join(".")
  }
  const { start, length } = longestZeros(address)
  const groups = address.map((word) => word.toString(16))
  if (length < 2) return groups.join(":")
  return `${groups.slice(0, start).join(":")}::${groups.slice(start + length).join(":")}`
}

function isMapped(address: NetworkAddress): boolean {
  return MAPPED.every((word, index) => address[index] === word)
}

function longestZeros(address: NetworkAddress): { readonly start: number; readonly length: number } {
  let best = { start: 0, length: 0 }
  let start = 0
  for (let index = 0; index <= 8; index++) {
    if (address[index] === 0) continue
    if (index - start > best.length) best = { start, length: index - start }
    start = index + 1
  }
  return best
}

/** Reads `10.0.0.0/8`, `2001:db8::/32` or a single address; undefined for anything else. */
export function parseRange(text: string): NetworkRange | undefined {
  const [start, prefix, ...more] = text.split("/")
  const address = parseAddress(start!)
  if (address === undefined || more.length > 0) return undefined
  if (prefix === undefined) return { address, bits: 128 }
  const width = start!.includes(":") ? 128 : 32
  if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > width) return undefined
  return { address, bits: width === 32 ? Number(prefix) + MAPPED_BITS : Number(prefix) }
}

export function isInRange(address: NetworkAddress, { address: start, bits }: NetworkRange): boolean {
  for (let word = 0; word * 16 < bits; word++) {
    const shift = Math.max(0, 16 - (bits - word * 16))
    if (address[word]! >> shift !== start[word]! >> shift) return false
  }
  return true
}
