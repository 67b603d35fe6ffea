import { isEmail, isUuid } from "./frequent-formats.ts"
import { isCidr, isIpv4, isIpv6, MAX_IP_LENGTH } from "./ip-address.ts"
import { isCalendarDate, isDateTime } from "./iso-date.ts"
import type { JsonSchema } from "./json-schema.ts"
import type { TextKey } from "./locale.ts"

/** A form that text can have. Each is decided in time linear in the text. */
export interface Format {
  readonly fits: (text: string) => boolean
  /** Whether `fits` takes anything, and refuses what is no text. */
  readonly looksAtType?: boolean
  readonly expected: TextKey
  readonly json: JsonSchema
}

const HOSTNAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/i
const MAX_HOSTNAME_LENGTH = 253
/** Tokens go in headers, which end before this. */
const MAX_JWT_LENGTH = 16_384

export const FORMATS = {
  email: { fits: isEmail, looksAtType: true, expected: "email", json: { format: "email" } },
  url: { fits: isWebUrl, expected: "url", json: { format: "uri", pattern: "^[Hh][Tt][Tt][Pp][Ss]?:" } },
  uuid: { fits: isUuid, looksAtType: true, expected: "uuid", json: { format: "uuid" } },
  ulid: byPattern(/^[0-7][0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{25}$/, "ulid"),
  nanoid: byPattern(/^[A-Za-z0-9_-]{21}$/, "nanoid"),
  ipv4: { fits: isIpv4, expected: "ipv4", json: { format: "ipv4" } },
  ipv6: { fits: isIpv6, expected: "ipv6", json: { format: "ipv6" } },
  ip: {
    fits: (text) => isIpv4(text) || isIpv6(text),
    expected: "ip",
    json: { anyOf: [{ format: "ipv4" }, { format: "ipv6" }] },
  },
  cidr: { fits: isCidr, expected: "cidr", json: { maxLength: MAX_IP_LENGTH + 4 } },
  mac: byPattern(/^[0-9A-Fa-f]{2}(?:(?::[0-9A-Fa-f]{2}){5}|(?:-[0-9A-Fa-f]{2}){5})$/, "mac"),
  hostname: {
    fits: (text) => text.length <= MAX_HOSTNAME_LENGTH && HOSTNAME.test(text),
    expected: "hostname",
    json: { format: "hostname" },
  },
  base64: {
    fits: (text) => text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text),
    expected: "base64",
    json: {
      contentEncoding: "base64",
      pattern: "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$",
    },
  },
  base64url: {
    fits: (text) => text.length % 4 !== 1 && /^[A-Za-z0-9_-]*$/.test(text),
    expected: "base64url",
    json: { contentEncoding: "base64url", pattern: "^(?:[A-Za-z0-9_-]{4})*(?:[A-Za-z0-9_-]{2,3})?$" },
  },
  hex: byPattern(/^[0-9A-Fa-f]+$/, "hex"),
  jwt: { fits: isJwt, expected: "jwt", json: { pattern: "^[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]*$" } },
  date: { fits: isCalendarDate, expected: "isoDate", json: { format: "date" } },
  datetime: { fits: isDateTime, expected: "isoDateTime", json: { format: "date-time" } },
  time: byPattern(/^(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?$/, "isoTime"),
  duration: {
    fits: (text) => DURATION.test(text) && text.length <= 64 && !/[PT]$/.test(text),
    expected: "duration",
    json: { format: "duration" },
  },
  slug: byPattern(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, "slug"),
  phone: byPattern(/^\+[1-9][0-9]{6,14}$/, "phone"),
  trimmed: {
    fits: (text) => text === text.trim(),
    expected: "trimmed",
    json: { pattern: "^(?:\\S(?:[\\s\\S]*\\S)?)?$" },
  },
  lowercased: { fits: (text) => text === text.toLowerCase(), expected: "lowercase", json: {} },
  uppercased: { fits: (text) => text === text.toUpperCase(), expected: "uppercase", json: {} },
} satisfies Readonly<Record<string, Format>> as Readonly<Record<FormatName, Format>>

type FormatName =
  | "email"
  | "url"
  | "uuid"
  | "ulid"
  | "nanoid"
  | "ip"
  | "ipv4"
  | "ipv6"
  | "cidr"
  | "mac"
  | "hostname"
  | "base64"
  | "base64url"
  | "hex"
  | "jwt"
  | "date"
  | "datetime"
  | "time"
  | "duration"
  | "slug"
  | "phone"
  | "trimmed"
  | "lowercased"
  | "uppercased"

/** @see RFC 3339, appendix A: units in order, none left out between two that are there, weeks alone */
const DURATION =
  /^P(?:\d+W|(?:\d+Y(?:\d+M(?:\d+D)?)?|\d+M(?:\d+D)?|\d+D)?(?:T(?:\d+H(?:\d+M(?:\d+S)?)?|\d+M(?:\d+S)?|\d+S))?)$/

function byPattern(pattern: RegExp, expected: TextKey): Format {
  return { fits: (text) => pattern.test(text), expected, json: { pattern: pattern.source } }
}

function isWebUrl(text: string): boolean {
  return /^https?:\/\//i.test(text) && URL.canParse(text)
}

/** Three parts, the first of which is the Base64 of an object that names an algorithm. */
function isJwt(text: string): boolean {
  if (text.length > MAX_JWT_LENGTH || !/^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$/.test(text)) return false
  try {
    const header: unknown = JSON.parse(atob(text.slice(0, text.indexOf(".")).replaceAll("-", "+").replaceAll("_", "/")))
    return typeof header === "object" && header !== null && "alg" in header && typeof header.alg === "string"
  } catch {
    return false
  }
}
