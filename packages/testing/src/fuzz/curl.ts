import type { PlannedBody } from "./request-plan.ts"
import type { SentRequest } from "./sent-request.ts"

/** The command that sends a request, for bash. */
export function toCurl({ method, target, headers, body }: SentRequest, origin: string): string {
  const parts = ["curl -isg", `-X ${method}`, quoted(origin + target)]
  for (const [name, value] of headers) parts.push(`-H ${quotedHeader(value === "" ? `${name};` : `${name}: ${value}`)}`)
  if (body !== undefined) parts.push(...bodyOptions(body, headers))
  return parts.join(" ")
}

function bodyOptions(body: PlannedBody, headers: Headers): string[] {
  // curl says that data is a form, unless it is told what it is.
  const none = headers.has("content-type") || body.kind === "multipart" ? [] : ["-H 'content-type:'"]
  if (body.kind === "text") return [...none, `--data-binary ${quoted(body.text)}`]
  if (body.kind === "bytes") return [...none, `--data-binary ${quotedBytes(body.bytes)}`]
  if (body.kind === "form")
    return [`--data-binary ${quoted(new URLSearchParams(body.pairs.map(([name, value]) => [name, value])).toString())}`]
  return body.parts.map((part) =>
    "filename" in part
      ? `-F ${quoted(`${part.name}=${part.text};filename=${part.filename};type=${part.type}`)}`
      : `--form-string ${quoted(`${part.name}=${part.text}`)}`,
  )
}

/** Text in quotes; what bash, or a terminal, could take for something else is escaped. */
function quoted(text: string): string {
  return /^[\x20-\x26\x28-\x7e]*$/.test(text) ? `'${text}'` : quotedBytes(new TextEncoder().encode(text))
}

/** Header fields are sent a byte for each character. */
function quotedHeader(text: string): string {
  return /[^\x20-\x7e]/.test(text) ? quotedBytes(Uint8Array.from(text, (one) => one.charCodeAt(0))) : quoted(text)
}

function quotedBytes(bytes: Uint8Array): string {
  const escaped = [...bytes].map((byte) => {
    if (byte === 0x27 || byte === 0x5c) return `\\${String.fromCharCode(byte)}`
    return byte >= 0x20 && byte <= 0x7e ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`
  })
  return `$'${escaped.join("")}'`
}
