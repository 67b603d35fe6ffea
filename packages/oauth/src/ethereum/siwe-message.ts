import { EthereumSignInInvalid } from "../errors.ts"
import { isChecksumAddress } from "./address.ts"

/** What somebody signs to come in. Texts are as in the message. */
export interface SiweMessage {
  readonly scheme?: string | undefined
  /** Host, and port where it is not the scheme's own. */
  readonly domain: string
  /** With the checksum in its capitals (EIP-55). */
  readonly address: string
  readonly statement?: string | undefined
  readonly uri: string
  readonly version: "1"
  readonly chainId: number
  readonly nonce: string
  /** Dates are of RFC 3339. */
  readonly issuedAt: string
  readonly expirationTime?: string | undefined
  readonly notBefore?: string | undefined
  readonly requestId?: string | undefined
  readonly resources?: readonly string[] | undefined
}

const MAX_MESSAGE = 4_096
const MAX_RESOURCES = 32

// RFC 3986, as far as the message's grammar names it.
const HEX = "%[0-9A-Fa-f]{2}"
const PLAIN = "[A-Za-z0-9._~!$&'()*+,;=-]"
const USER = `(?:${PLAIN}|:|${HEX})*@`
const HOST = `(?:\\[[0-9A-Fa-fv:.]+\\]|(?:${PLAIN}|${HEX})*)`
const AUTHORITY = `(?:${USER})?${HOST}(?::\\d*)?`
const PCHAR = `(?:${PLAIN}|[:@]|${HEX})`
const SCHEME = "[A-Za-z][A-Za-z0-9+.-]*"
const URI = `${SCHEME}:(?://${AUTHORITY}(?:/${PCHAR}*)*|/?(?:${PCHAR}+(?:/${PCHAR}*)*)?)(?:\\?(?:${PCHAR}|[/?])*)?(?:#(?:${PCHAR}|[/?])*)?`
const STATEMENT = "[A-Za-z0-9._~:/?#@!$&'()*+,;=\\[\\] -]*"
const DATE = "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(?:\\.\\d{1,9})?(?:Z|[+-]\\d\\d:\\d\\d)"

/** The grammar, line by line. @see https://eips.ethereum.org/EIPS/eip-4361#abnf-message-format */
const MESSAGE = new RegExp(
  `^(?:(?<scheme>${SCHEME})://)?(?<domain>${AUTHORITY}) wants you to sign in with your Ethereum account:\n` +
    "(?<address>0x[0-9A-Fa-f]{40})\n\n" +
    `(?:(?<statement>${STATEMENT})\n)?\n` +
    `URI: (?<uri>${URI})\n` +
    "Version: (?<version>1)\n" +
    "Chain ID: (?<chainId>\\d{1,16})\n" +
    "Nonce: (?<nonce>[A-Za-z0-9]{8,128})\n" +
    `Issued At: (?<issuedAt>${DATE})` +
    `(?:\nExpiration Time: (?<expirationTime>${DATE}))?` +
    `(?:\nNot Before: (?<notBefore>${DATE}))?` +
    `(?:\nRequest ID: (?<requestId>${PCHAR}*))?` +
    `(?<resources>\nResources:(?:\n- ${URI})*)?$`,
)

/**
 * Reads a message, by the letter of its grammar.
 * @throws {OAUTH_ETHEREUM_INVALID} with `details.reason` `message`
 */
export function parseSiweMessage(text: string): SiweMessage {
  const found = text.length <= MAX_MESSAGE ? MESSAGE.exec(text)?.groups : undefined
  if (found === undefined) throw invalid("The message is not of EIP-4361.")
  const { scheme, domain, address, statement, uri, nonce, issuedAt, expirationTime, notBefore, requestId } = found
  const message: SiweMessage = {
    scheme,
    domain: domain!,
    address: address!,
    statement,
    uri: uri!,
    version: "1",
    chainId: Number(found.chainId),
    nonce: nonce!,
    issuedAt: issuedAt!,
    expirationTime,
    notBefore,
    requestId,
    resources: found.resources?.split("\n- ").slice(1),
  }
  checkValues(message)
  return message
}

/**
 * Writes a message for a wallet to sign.
 * @throws {OAUTH_ETHEREUM_INVALID} with `details.reason` `message` where a part cannot be written.
 */
export function writeSiweMessage(message: SiweMessage): string {
  const { scheme, domain, address, statement, uri, chainId, nonce, issuedAt, resources } = message
  const optional = [
    ["Expiration Time", message.expirationTime],
    ["Not Before", message.notBefore],
    ["Request ID", message.requestId],
  ] as const
  const text = [
    `${scheme === undefined ? "" : `${scheme}://`}${domain} wants you to sign in with your Ethereum account:`,
    address,
    "",
    ...(statement === undefined ? [] : [statement]),
    "",
    `URI: ${uri}`,
    "Version: 1",
    `Chain ID: ${chainId}`,
    `Nonce: ${nonce}`,
    `Issued At: ${issuedAt}`,
    ...optional.filter(([, value]) => value !== undefined).map(([name, value]) => `${name}: ${value}`),
    ...(resources === undefined ? [] : ["Resources:", ...resources.map((one) => `- ${one}`)]),
  ].join("\n")
  // A part with a line of its own would be another part when it is read.
  const read = parseSiweMessage(text)
  const same = (["domain", "address", "statement", "uri", "nonce", "requestId"] as const).every(
    (name) => read[name] === message[name],
  )
  if (!same) throw invalid("A part of the message would be read as another.")
  return text
}

function checkValues({
  address,
  domain,
  chainId,
  issuedAt,
  expirationTime,
  notBefore,
  resources = [],
}: SiweMessage): void {
  if (!isChecksumAddress(address)) throw invalid("The address has a wrong checksum (EIP-55).")
  if (domain === "" || domain.startsWith(":")) throw invalid("The message names no domain.")
  if (!Number.isSafeInteger(chainId) || chainId < 1) throw invalid("The message names no chain.")
  if (resources.length > MAX_RESOURCES) throw invalid(`Expected at most ${MAX_RESOURCES} resources.`)
  for (const date of [issuedAt, expirationTime, notBefore])
    if (date !== undefined && toMs(date) === undefined) throw invalid("The message has a date that is none.")
}

/** Milliseconds since 1970 of a date of RFC 3339; undefined where there is no such day or hour. */
export function toMs(date: string): number | undefined {
  const match = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(Z|([+-])(\d\d):(\d\d))$/.exec(date)
  if (match === null) return undefined
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const ms = Date.UTC(year, month - 1, day)
  const isDay = new Date(ms).getUTCMonth() === month - 1 && new Date(ms).getUTCDate() === day && year >= 1970
  if (!isDay || hour > 23 || minute > 59 || second > 60) return undefined
  const [offsetHour, offsetMinute] = [Number(match[10] ?? 0), Number(match[11] ?? 0)]
  if (offsetHour > 23 || offsetMinute > 59) return undefined
  const offset = (offsetHour * 60 + offsetMinute) * (match[9] === "-" ? -1 : 1)
  const fraction = Number(`0.${match[7] ?? "0"}`) * 1000
  return ms + ((hour * 60 + minute - offset) * 60 + second) * 1000 + Math.floor(fraction)
}

function invalid(message: string): InstanceType<typeof EthereumSignInInvalid> {
  return new EthereumSignInInvalid(message, { details: { reason: "message" } })
}
