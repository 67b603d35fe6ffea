import type { FormPart, PlannedBody } from "./request-plan.ts"
import type { SentRequest } from "./sent-request.ts"

const BOUNDARY = "fuzz-boundary"

/** The command that sends a request, for bash. */
export function toCurl({ method, target, headers, body }: SentRequest, origin: string): string {
  const parts = ["curl -isg", `-X ${method}`, quoted(origin + target)]
  for (const [name, value] of headers) parts.push(`-H ${quotedHeader(value === "" ? `${name};` : `${name}: ${value}`)}`)
  if (body === undefined) return parts.join(" ")
  if (body.kind === "multipart") parts.push(`-H 'content-type: multipart/form-data; boundary=${BOUNDARY}'`)
  // curl says that data is a form, unless it is told what it is.
  else if (!headers.has("content-type")) parts.push("-H 'content-type:'")
  const bytes = bytesOf(body)
  // No argument of a command holds a zero.
  if (bytes.includes(0)) return `printf -- ${quotedBytes(bytes, true)} | ${parts.join(" ")} --data-binary @-`
  return `${parts.join(" ")} --data-binary ${body.kind === "text" ? quoted(body.text) : quotedOrPlain(bytes)}`
}

function bytesOf(body: PlannedBody): Uint8Array {
  if (body.kind === "bytes") return body.bytes
  const encoder = new TextEncoder()
  if (body.kind === "text") return encoder.encode(body.text)
  if (body.kind === "form")
    return encoder.encode(new URLSearchParams(body.pairs.map(([name, value]) => [name, value])).toString())
  return encoder.encode(`${body.parts.map(partText).join("")}--${BOUNDARY}--\r\n`)
}

/** @see https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data */
function partText(part: FormPart): string {
  const name = (text: string): string => text.replace(/\r\n|\r|\n/g, "%0D%0A").replaceAll('"', "%22")
  const lines = (text: string): string => text.replace(/\r\n|\r|\n/g, "\r\n")
  const head = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name(lines(part.name))}"`
  if (!("filename" in part)) return `${head}\r\n\r\n${lines(part.text)}\r\n`
  return `${head}; filename="${name(part.filename)}"\r\nContent-Type: ${part.type}\r\n\r\n${part.text}\r\n`
}

function quotedOrPlain(bytes: Uint8Array): string {
  return bytes.every((byte) => byte >= 0x20 && byte <= 0x7e && byte !== 0x27)
    ? `'${new TextDecoder().decode(bytes)}'`
    : quotedBytes(bytes)
}

/** Text in quotes; what bash, or a terminal, could take for something else is escaped. */
function quoted(text: string): string {
  return /^[\x20-\x26\x28-\x7e]*$/.test(text) ? `'${text}'` : quotedBytes(new TextEncoder().encode(text))
}

/** Header fields are sent a byte for each character. */
function quotedHeader(text: string): string {
  return /[^\x20-\x7e]/.test(text) ? quotedBytes(Uint8Array.from(text, (one) => one.charCodeAt(0))) : quoted(text)
}

/** @param isFormat For printf, which reads escapes itself, and takes a percent sign for one of its own. */
function quotedBytes(bytes: Uint8Array, isFormat = false): string {
  const escaped = [...bytes].map((byte) => {
    if (isFormat && byte === 0x25) return "%%"
    if (!isFormat && (byte === 0x27 || byte === 0x5c)) return `\\${String.fromCharCode(byte)}`
    const isPlain = byte >= 0x20 && byte <= 0x7e && byte !== 0x27 && byte !== 0x5c
    return isPlain ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`
  })
  return isFormat ? `'${escaped.join("")}'` : `$'${escaped.join("")}'`
}
