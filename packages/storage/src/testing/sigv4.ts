import { createHash, createHmac } from "node:crypto"

/** One request as a server sees it. */
export interface SeenRequest {
  readonly method: string
  /** Path and query, as sent. */
  readonly target: string
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Uint8Array
}

export interface Expected {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly region: string
  readonly service: string
}

const FIFTEEN_MINUTES = 900_000

/**
 * Whether a request is signed, written from the documents and not from any client.
 * @returns what is wrong; undefined when nothing is.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function signatureProblem(request: SeenRequest, expected: Expected): string | undefined {
  const [path = "", search = ""] = request.target.split("?", 2)
  const query = new URLSearchParams(search)
  const isPresigned = query.has("X-Amz-Signature")
  const header = request.headers.authorization ?? ""
  const parts = isPresigned ? presignedParts(query) : headerParts(header)
  if (parts === undefined) return "no signature"
  const { credential, signedHeaders, signature } = parts
  const date = isPresigned ? (query.get("X-Amz-Date") ?? "") : (request.headers["x-amz-date"] ?? "")
  const timeMs = Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"))
  const scope = `${date.slice(0, 8)}/${expected.region}/${expected.service}/aws4_request`
  if (credential !== `${expected.accessKeyId}/${scope}`) return "another credential"
  const ageMs = Date.now() - timeMs
  const isLate = isPresigned ? ageMs > Number(query.get("X-Amz-Expires")) * 1000 : ageMs > FIFTEEN_MINUTES
  if (Number.isNaN(timeMs) || isLate || ageMs < -FIFTEEN_MINUTES) return "another time"
  if (!signedHeaders.includes("host")) return "host is not signed"
  const unsigned = Object.keys(request.headers).find(
    (name) => name.startsWith("x-amz-") && !signedHeaders.includes(name),
  )
  if (unsigned !== undefined && !isPresigned) return `${unsigned} is not signed`
  const claimed = isPresigned ? "UNSIGNED-PAYLOAD" : (request.headers["x-amz-content-sha256"] ?? hex(request.body))
  if (claimed !== "UNSIGNED-PAYLOAD" && claimed !== hex(request.body)) return "another body"
  query.delete("X-Amz-Signature")
  const canonical = [
    request.method,
    path
      .split("/")
      .map((segment) => encode(decodeURIComponent(segment)))
      .join("/"),
    [...query]
      .map((pair) => pair.map(encode).join("="))
      .sort()
      .join("&"),
    ...signedHeaders.map((name) => `${name}:${(request.headers[name] ?? "").trim().replace(/\s+/g, " ")}`),
    "",
    signedHeaders.join(";"),
    claimed,
  ].join("\n")
  const text = ["AWS4-HMAC-SHA256", date, scope, hex(canonical)].join("\n")
  let key: Uint8Array | string = `AWS4${expected.secretAccessKey}`
  for (const part of scope.split("/")) key = createHmac("sha256", key).update(part).digest()
  return createHmac("sha256", key).update(text).digest("hex") === signature ? undefined : "another signature"
}

interface Parts {
  readonly credential: string
  readonly signedHeaders: readonly string[]
  readonly signature: string
}

function headerParts(header: string): Parts | undefined {
  const match = /^AWS4-HMAC-SHA256 Credential=(\S+), ?SignedHeaders=([\w;-]+), ?Signature=([0-9a-f]{64})$/.exec(header)
  return match === null
    ? undefined
    : { credential: match[1]!, signedHeaders: match[2]!.split(";"), signature: match[3]! }
}

function presignedParts(query: URLSearchParams): Parts | undefined {
  const [credential, headers, signature] = ["Credential", "SignedHeaders", "Signature"].map((name) =>
    query.get(`X-Amz-${name}`),
  )
  return credential && headers && signature ? { credential, signedHeaders: headers.split(";"), signature } : undefined
}

function hex(data: Uint8Array | string): string {
  return createHash("sha256").update(data).digest("hex")
}
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}
