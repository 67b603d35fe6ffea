import { DriverUrlInvalid } from "./errors.ts"
import { Secret } from "./secret.ts"

/** Enough for any address of a service; what is longer is a mistake, and would be printed in full. */
const MAX_URL_LENGTH = 4096
const FORM = "Write scheme://user:password@host/name?option=value, or scheme:path"
/** An option whose name speaks of a secret, up to its value. What others say before it, such as `;object=x?pin-value=1`, hides nothing. */
const SECRET_OPTION =
  /([?&,;][^=&?\s]{0,64}?(?:pass|pwd|secret|token|credential|key|auth|sig|\bpin\b)[^=&?\s]{0,64}=)[^&\s]*/gi

/** A driver's URL in its parts, percent-decoded. Printing it in any way shows it without its secrets. */
export interface DriverUrl {
  /** In lower case, without the colon. */
  readonly scheme: string
  readonly user: string | undefined
  readonly password: Secret<string> | undefined
  /** In lower case; an IPv6 address without its brackets. `undefined` in the form `scheme:path`. */
  readonly host: string | undefined
  readonly port: number | undefined
  /** The database, bucket or file: what follows the host's slash, or the whole path of `scheme:path`. May be empty. */
  readonly name: string
  readonly options: ReadonlyMap<string, string>
  /** The URL with `***` for its secrets. */
  toString(): string
  /** As `toString`: JSON never holds a secret. */
  toJSON(): string
  /** The URL as it was written, secrets included. For a client library that takes a URL; never for a message. */
  reveal(): string
}

/**
 * Reads `scheme://user:password@host:port/name?option=value` or `scheme:path?option=value`.
 *
 * Every part may be percent-encoded, and must be where it contains one of `/ ? # @ : %` that is not meant as a separator.
 * In the second form the path is taken as it stands up to the first `?`: `sqlite:./data/app.db`, `file:C:\data`.
 *
 * @throws {CORE_DRIVER_URL_INVALID} saying which part does not read, without the secrets.
 */
export function parseDriverUrl(text: string): DriverUrl {
  if (text.length > MAX_URL_LENGTH)
    throw new DriverUrlInvalid(`Expected a driver URL of at most ${MAX_URL_LENGTH} characters, got ${text.length}.`)
  const match = /^([A-Za-z][A-Za-z0-9+.-]*):(\/\/)?([^?#]*)(?:\?([^#]*))?$/.exec(text)
  if (!match) throw invalid(text, text.includes("#") ? "a # must be written %23" : "there is no scheme")
  const [, scheme = "", slashes, rest = "", query] = match
  const place = slashes ? parseAuthority(text, rest) : { ...NO_AUTHORITY, name: decode(text, rest, "path") }
  const options = parseOptions(text, query ?? "")
  const shown = redactUrl(text)
  return Object.freeze({
    scheme: scheme.toLowerCase(),
    ...place,
    options,
    toString: () => shown,
    toJSON: () => shown,
    [Symbol.for("nodejs.util.inspect.custom")]: () => shown,
    [Symbol.for("Deno.customInspect")]: () => shown,
    reveal: () => text,
  })
}

type Place = Pick<DriverUrl, "user" | "password" | "host" | "port" | "name">

const NO_AUTHORITY = { user: undefined, password: undefined, host: undefined, port: undefined }

function parseAuthority(text: string, rest: string): Place {
  const slash = rest.indexOf("/")
  const authority = slash < 0 ? rest : rest.slice(0, slash)
  const at = authority.lastIndexOf("@")
  const login = at < 0 ? undefined : authority.slice(0, at)
  if (login?.includes("@")) throw invalid(text, "an @ in the user or password must be written %40")
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._~-]+|))(?::(\d{1,5}))?$/.exec(authority.slice(at + 1))
  const port = match?.[3] === undefined ? undefined : Number(match[3])
  if (!match) throw invalid(text, "the host is not a name or an address with an optional port")
  if (port !== undefined && (port < 1 || port > 65_535)) throw invalid(text, "the port is not between 1 and 65535")
  const colon = login?.indexOf(":") ?? -1
  const user = login === undefined ? undefined : decode(text, colon < 0 ? login : login.slice(0, colon), "user")
  const password = login === undefined || colon < 0 ? undefined : decode(text, login.slice(colon + 1), "password")
  return {
    user: user === "" ? undefined : user,
    password: password === undefined || password === "" ? undefined : new Secret(password),
    host: (match[1] ?? match[2] ?? "").toLowerCase(),
    port,
    name: slash < 0 ? "" : decode(text, rest.slice(slash + 1), "name"),
  }
}

function parseOptions(text: string, query: string): ReadonlyMap<string, string> {
  const options = new Map<string, string>()
  for (const pair of query.split("&")) {
    if (pair === "") continue
    const equals = pair.indexOf("=")
    if (equals < 1) throw invalid(text, "an option is not written name=value")
    const name = decode(text, pair.slice(0, equals), "option")
    if (options.has(name)) throw invalid(text, `the option "${name}" is given twice`)
    options.set(name, decode(text, pair.slice(equals + 1), "option"))
  }
  return options
}

function decode(text: string, part: string, what: string): string {
  let decoded: string
  try {
    decoded = decodeURIComponent(part)
  } catch {
    throw invalid(text, `a % in the ${what} is not followed by the code of a character (write a plain % as %25)`)
  }
  // Drivers hand these parts to files, command lines and protocols that end a name at a NUL or a line at a newline.
  if (hasControlCharacter(decoded)) throw invalid(text, `the ${what} contains a control character`)
  return decoded
}

function hasControlCharacter(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x20 || unit === 0x7f) return true
  }
  return false
}

function invalid(text: string, why: string): InstanceType<typeof DriverUrlInvalid> {
  return new DriverUrlInvalid(`Cannot read the driver URL ${redactUrl(text)}: ${why}. ${FORM}.`)
}

/**
 * The text with `***` for the login of every URL in it, and for the values of options whose names speak of passwords,
 * tokens or keys. Works on any text, also on what is no valid URL, and rather hides too much than too little: all from
 * `://` to the last `@` of an unbroken word goes.
 */
export function redactUrl(text: string): string {
  return text.replace(/\S+/g, redactWord).replace(SECRET_OPTION, "$1***")
}

/** By index and not by pattern, so that hostile text costs no more than its length. */
function redactWord(word: string): string {
  const at = word.lastIndexOf("@")
  if (at < 0) return word
  const slashes = word.indexOf("://")
  if (slashes >= 0 && slashes < at) return `${word.slice(0, slashes)}://***${word.slice(at)}`
  // `redis:user:password@host`, its slashes forgotten: a second colon before the @ speaks of a password.
  const scheme = word.indexOf(":")
  const colon = word.indexOf(":", scheme + 1)
  return scheme >= 0 && colon >= 0 && colon < at ? `${word.slice(0, scheme)}:***${word.slice(at)}` : word
}
