import type { Message } from "./issue.ts"
import type { Schema } from "./schema.ts"

/**
 * Text. Lengths count Unicode code points, as JSON Schema does. Checks and changes run in the order they were called, and a
 * check that comes after one that refused is not asked.
 */
export interface StringSchema extends Schema<string> {
  min(length: number, message?: Message): this
  max(length: number, message?: Message): this
  length(length: number, message?: Message): this
  /**
   * @param expected For the message: "a slug". Default: `text that matches …`.
   *
   * No pattern is tried on more than 65,536 characters, and one in which a repetition repeats nothing but repetitions,
   * `(a+)+`, makes no schema: a few dozen characters could keep it busy for years. Others can be slow too; put a `max` first.
   */
  regex(pattern: RegExp, expected?: string, message?: Message): this
  startsWith(text: string, message?: Message): this
  endsWith(text: string, message?: Message): this
  includes(text: string, message?: Message): this
  /** As HTML's `<input type=email>` understands it, at most 254 characters. */
  email(message?: Message): this
  /** An absolute `http:` or `https:` URL. */
  url(message?: Message): this
  /** A UUID of any version, in lower or upper case. @see RFC 9562 */
  uuid(message?: Message): this
  /** 26 digits of Crockford's Base32. @see https://github.com/ulid/spec */
  ulid(message?: Message): this
  /** 21 letters, digits, `_` and `-`. */
  nanoid(message?: Message): this
  /** An address of IPv4 or IPv6. */
  ip(message?: Message): this
  /** Four decimal numbers without leading zeros, which some programs read as octal. */
  ipv4(message?: Message): this
  /** Without a zone. @see RFC 4291, section 2.2 */
  ipv6(message?: Message): this
  /** An address of either kind and the length of a prefix: `10.0.0.0/8`. */
  cidr(message?: Message): this
  /** Six pairs of hexadecimal digits, all joined by `:` or all by `-`. */
  mac(message?: Message): this
  /** Labels of 1 to 63 letters, digits and hyphens, 253 characters in all. @see RFC 1123, section 2.1 */
  hostname(message?: Message): this
  /** With its padding. @see RFC 4648, section 4 */
  base64(message?: Message): this
  /** Without padding. @see RFC 4648, section 5 */
  base64url(message?: Message): this
  /** One digit or more, in lower or upper case. */
  hex(message?: Message): this
  /** Has the shape of a signed token. Who signed it, and whether it is still good, this does not look at. @see RFC 7519 */
  jwt(message?: Message): this
  /** A day of the calendar: `2026-02-28`. @see RFC 3339, `full-date` */
  date(message?: Message): this
  /** A point in time, with its offset: `2026-01-31T12:00:00Z`. @see RFC 3339, `date-time` */
  datetime(message?: Message): this
  /** A time of day: `23:59`, `23:59:59.999`. */
  time(message?: Message): this
  /** `P1Y2M3DT4H5M6S`, `P4W`. @see RFC 3339, appendix A */
  duration(message?: Message): this
  /** Small letters and digits, in words joined by single hyphens. */
  slug(message?: Message): this
  /** `+`, country and number, up to 15 digits. @see ITU-T E.164 */
  phone(message?: Message): this
  /** Takes white space from both ends. */
  trim(): this
  /** Puts it into lower case. */
  lowercase(): this
  /** Puts it into upper case. */
  uppercase(): this
  /** Writes equal text in equal code points. Default `NFC`. @see https://unicode.org/reports/tr15 */
  normalize(form?: "NFC" | "NFD" | "NFKC" | "NFKD"): this
  /** Refuses white space at either end. */
  trimmed(message?: Message): this
  /** Refuses what `lowercase` would change. */
  lowercased(message?: Message): this
  /** Refuses what `uppercase` would change. */
  uppercased(message?: Message): this
}
