import { StorageKeyInvalid } from "./errors.ts"

/** As long as S3 lets a key be. */
const MAX_KEY_BYTES = 1_024
/** File systems end a name at 255 bytes. */
const MAX_SEGMENT_BYTES = 200
/** Where the driver for folders keeps what is its own. */
export const RESERVED_SEGMENT = ".ashlar"

/** Devices, whatever their extension. @see https://learn.microsoft.com/windows/win32/fileio/naming-a-file */
const DEVICE = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?:\.|$)/i
/** A drive or a stream, wildcards, and the other separator. */
const FORBIDDEN = /[\\<>:"|?*]/
/** Names whose last dots or spaces Windows takes away. */
const TRAILING = /[. ]$/
/** Control characters, and marks that let a name look like another one. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it looks for
const INVISIBLE = /[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/

const encoder = new TextEncoder()

/**
 * Checks a key: it means the same object in a folder of any system and on S3, and no other. Nothing is put right on the way:
 * two spellings of one key would be one object here and two there.
 *
 * @throws {STORAGE_KEY_INVALID}
 */
export function checkKey(key: string): void {
  if (typeof key !== "string" || key === "") throw invalid("Expected a key, got an empty one")
  if (key.startsWith("/")) throw invalid("Expected a key without a slash before it")
  if (key.endsWith("/")) throw invalid("Expected a key without a slash behind it")
  checkText(key)
  for (const segment of key.split("/")) checkSegment(segment)
}

/**
 * Checks the prefix of a list: the beginning of a key, that may end within a segment. Empty for all.
 *
 * @throws {STORAGE_KEY_INVALID}
 */
export function checkPrefix(prefix: string): void {
  if (prefix === "") return
  if (prefix.startsWith("/")) throw invalid("Expected a prefix without a slash before it")
  checkText(prefix)
  const segments = prefix.split("/")
  const last = segments.pop()!
  for (const segment of segments) checkSegment(segment)
  // What is begun may go on: `.` is how `.well-known` begins. Nothing below `.ashlar` or `..` can come of it.
  if (FORBIDDEN.test(last)) throw invalid(`Expected a prefix without any of \\ < > : " | ? *`)
}

function checkText(key: string): void {
  if (!key.isWellFormed()) throw invalid("Expected well-formed text, got half of a surrogate pair")
  if (INVISIBLE.test(key)) throw invalid("Expected a key without control characters and invisible marks")
  if (key !== key.normalize("NFC"))
    throw invalid('Expected a key in Unicode\'s normal form C. Use key.normalize("NFC"), everywhere')
  const bytes = encoder.encode(key).length
  if (bytes > MAX_KEY_BYTES) throw invalid(`Expected a key of at most ${MAX_KEY_BYTES} bytes, got ${bytes}`)
}

function checkSegment(segment: string): void {
  if (segment === "") throw invalid("Expected text between any two slashes of a key")
  if (segment === "." || segment === "..") throw invalid(`Expected a key without the segment "${segment}"`)
  if (segment.toLowerCase() === RESERVED_SEGMENT) throw invalid(`The name ${RESERVED_SEGMENT} is reserved`)
  if (FORBIDDEN.test(segment)) throw invalid(`Expected a key without any of \\ < > : " | ? *`)
  if (TRAILING.test(segment)) throw invalid("Expected no segment to end with a dot or a space")
  if (DEVICE.test(segment))
    throw invalid("Expected no segment to be the name of a device, as CON and NUL are on Windows")
  if (encoder.encode(segment).length > MAX_SEGMENT_BYTES)
    throw invalid(`Expected segments of at most ${MAX_SEGMENT_BYTES} bytes`)
}

function invalid(message: string): InstanceType<typeof StorageKeyInvalid> {
  return new StorageKeyInvalid(`${message}.`)
}

/** Whether one key is before another, as S3 orders them: by their bytes. */
export function compareKeys(a: string, b: string): number {
  const end = Math.min(a.length, b.length)
  for (let at = 0; at < end; at++) {
    const [one, other] = [a.charCodeAt(at), b.charCodeAt(at)]
    if (one === other) continue
    // UTF-16 puts surrogate pairs before U+E000, and bytes put them behind.
    const [isPair, isOther] = [isSurrogate(one), isSurrogate(other)]
    return isPair === isOther ? one - other : isPair ? 1 : -1
  }
  return a.length - b.length
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff
}
