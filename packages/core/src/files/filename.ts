/** Devices that Windows takes for files, whatever extension follows them. */
const DEVICE = /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])$/i
const MAX_FILENAME_BYTES = 255
const MAX_EXTENSION_LENGTH = 20
const FALLBACK = "file"

/** What is invisible, turns the reading direction round (so that `gpj.exe` reads `exe.jpg`), or is no character. */
const INVISIBLE = /[\p{Cc}\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\uffff\ud800-\udfff]/gu
const RESERVED = /[<>:"|?*]/g

/**
 * A file's name as it may be shown and stored on any system: the last segment of a path, in NFC, without control and
 * reserved characters, not a device's name, not hidden, at most 255 bytes with its extension kept. Never empty.
 *
 * It is still the sender's choice: two files may have the same one.
 * @example sanitizeFilename("../../etc/passwd") // "passwd"
 */
export function sanitizeFilename(name: string): string {
  const last = name.slice(Math.max(name.lastIndexOf("/"), name.lastIndexOf("\\")) + 1)
  const clean = trimEnds(last.normalize("NFC").replace(INVISIBLE, "").replace(RESERVED, "_"))
  if (clean === "") return FALLBACK
  const stem = clean.slice(0, clean.includes(".") ? clean.indexOf(".") : clean.length)
  return shorten(DEVICE.test(stem.trimEnd()) ? `_${clean}` : clean)
}

/** Windows drops dots and blanks at the end of a name, and a dot at its start hides the file elsewhere. */
function trimEnds(name: string): string {
  let [start, end] = [0, name.length]
  while (start < end && isDotOrBlank(name[start]!)) start++
  while (end > start && isDotOrBlank(name[end - 1]!)) end--
  return name.slice(start, end)
}

function isDotOrBlank(character: string): boolean {
  return character === "." || character.trim() === ""
}

function shorten(name: string): string {
  if (byteLength(name) <= MAX_FILENAME_BYTES) return name
  const dot = name.lastIndexOf(".")
  const extension = dot > 0 && name.length - dot <= MAX_EXTENSION_LENGTH ? name.slice(dot) : ""
  const room = MAX_FILENAME_BYTES - byteLength(extension)
  let stem = ""
  let used = 0
  for (const character of name.slice(0, name.length - extension.length)) {
    used += byteLength(character)
    if (used > room) break
    stem += character
  }
  return trimEnds(stem) + extension
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length
}
