import { createHash } from "node:crypto"
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import { escapeXml } from "../drivers/s3-upload.ts"
import { S3Bucket, type S3Object, S3Refusal } from "./s3-bucket.ts"
import { signatureProblem } from "./sigv4.ts"

/** One request of a test, as the server saw it. */
export interface Seen {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Uint8Array
}

/** What a test may have happen to the next requests that fit. */
export interface Fault {
  readonly when: (seen: Seen) => boolean
  /** `status`: answer with it. `cut`: end the connection before anything is done. `lose`: do it, and end the connection. `half`: send half of the body. */
  readonly how: "cut" | "lose" | "half" | { readonly status: number; readonly code: string }
  /** How often. Default once. */
  times?: number
}

/** A server of S3's protocol on this machine, for tests: in memory, strict about signatures, and as bad as it is told to be. */
export interface TestS3 {
  readonly port: number
  /** An `s3:` URL of its bucket; `more` goes behind it as it is. */
  url(more?: string): string
  readonly bucket: S3Bucket
  readonly seen: Seen[]
  readonly faults: Fault[]
  close(): Promise<void>
}

const LOGIN = { accessKeyId: "test-key", secretAccessKey: "test/secret+1", region: "eu-test-1", service: "s3" }
const BUCKET = "test-bucket"

/** Starts one on a free port. */
export async function startTestS3(): Promise<TestS3> {
  const bucket = new S3Bucket()
  const seen: Seen[] = []
  const faults: Fault[] = []
  const server: Server = createServer((request, response) => {
    answer({ bucket, seen, faults }, request, response).catch((error: unknown) => {
      response.destroy()
      if ((error as NodeJS.ErrnoException).code !== "ECONNRESET" && !request.destroyed) console.error(error)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as { port: number }
  const secret = encodeURIComponent(LOGIN.secretAccessKey)
  return {
    port,
    url: (more = "") =>
      `s3://${LOGIN.accessKeyId}:${secret}@127.0.0.1/${BUCKET}?endpoint=${encodeURIComponent(`http://127.0.0.1:${port}`)}&region=${LOGIN.region}${more}`,
    bucket,
    seen,
    faults,
    close() {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

interface State {
  readonly bucket: S3Bucket
  readonly seen: Seen[]
  readonly faults: Fault[]
}

async function answer(
  { bucket, seen, faults }: State,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const pieces: Uint8Array[] = []
  for await (const chunk of request) pieces.push(chunk as Uint8Array)
  const target = request.url ?? ""
  const url = new URL(target, "http://test")
  const one: Seen = {
    method: request.method ?? "",
    path: decodeURIComponent(url.pathname),
    query: new URLSearchParams(url.search),
    headers: request.headers as Seen["headers"],
    body: Buffer.concat(pieces),
  }
  seen.push(one)
  const fault = takeFault(faults, one)
  if (fault?.how === "cut") return void request.socket.destroy()
  try {
    if (typeof fault?.how === "object") throw new S3Refusal(fault.how.status, fault.how.code)
    checkAccess(bucket, one, target)
    const reply = act(bucket, one)
    if (fault?.how === "lose") return void request.socket.destroy()
    if (fault?.how === "half") {
      response.writeHead(reply.status, { ...reply.headers, "content-length": reply.body.length })
      response.write(reply.body.subarray(0, reply.body.length / 2), () => request.socket.destroy())
      return
    }
    response.writeHead(reply.status, { ...reply.headers, "content-length": reply.length ?? reply.body.length })
    response.end(one.method === "HEAD" ? undefined : reply.body)
  } catch (error) {
    if (!(error instanceof S3Refusal)) throw error
    const body = `<?xml version="1.0"?><Error><Code>${error.code}</Code><Message>no</Message></Error>`
    response.writeHead(error.status, { "content-type": "application/xml", ...error.headers })
    response.end(one.method === "HEAD" ? undefined : body)
  }
}

function takeFault(faults: Fault[], seen: Seen): Fault | undefined {
  const at = faults.findIndex(({ when }) => when(seen))
  const fault = faults[at]
  if (fault === undefined) return undefined
  fault.times = (fault.times ?? 1) - 1
  if (fault.times === 0) faults.splice(at, 1)
  return fault
}

function checkAccess(bucket: S3Bucket, seen: Seen, target: string): void {
  const isAnonymous = seen.headers.authorization === undefined && !seen.query.has("X-Amz-Signature")
  if (isAnonymous && (seen.method === "GET" || seen.method === "HEAD")) {
    if (bucket.objects.get(keyOf(seen))?.headers["x-amz-acl"] === "public-read") return
    throw new S3Refusal(403, "AccessDenied")
  }
  const problem = signatureProblem({ ...seen, target }, LOGIN)
  if (problem !== undefined) throw new S3Refusal(403, "SignatureDoesNotMatch", { "x-problem": problem })
}

interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  readonly length?: number
}

function keyOf({ path }: Seen): string {
  if (path !== `/${BUCKET}` && !path.startsWith(`/${BUCKET}/`)) throw new S3Refusal(404, "NoSuchBucket")
  return path.slice(BUCKET.length + 2)
}

function act(bucket: S3Bucket, seen: Seen): Reply {
  const { method, query, headers, body } = seen
  const key = keyOf(seen)
  const upload = query.get("uploadId")
  if (key === "") return method === "POST" ? deleteMany(bucket, seen) : listObjects(bucket, query)
  if (method === "POST" && query.has("uploads"))
    return xml(
      `<InitiateMultipartUploadResult><UploadId>${bucket.begin(key, headers)}</UploadId></InitiateMultipartUploadResult>`,
    )
  if (upload !== null && method === "POST") {
    const found = body.toString().matchAll(/<Part><PartNumber>(\d+)<\/PartNumber><ETag>([^<]*)<\/ETag><\/Part>/g)
    const parts = [...found].map(([, number, etag]) => ({
      number: Number(number),
      etag: etag!.replaceAll("&#34;", '"'),
    }))
    const { etag } = bucket.complete(upload, parts, headers)
    return xml(`<CompleteMultipartUploadResult><ETag>"${etag}"</ETag></CompleteMultipartUploadResult>`)
  }
  if (upload !== null && method === "DELETE") {
    bucket.abort(upload)
    return empty(204)
  }
  if (method === "PUT") return putObject(bucket, key, seen)
  if (method === "DELETE") {
    bucket.objects.delete(key)
    return empty(204)
  }
  return getObject(bucket.find(key), seen)
}

function putObject(bucket: S3Bucket, key: string, { query, headers, body }: Seen): Reply {
  const upload = query.get("uploadId")
  const number = Number(query.get("partNumber"))
  const from = headers["x-amz-copy-source"]
  if (from !== undefined) {
    const source = bucket.find(decodeURIComponent(from).replace(/^\/?[^/]+\//, ""))
    const wanted = headers["x-amz-copy-source-if-match"]
    if (wanted !== undefined && wanted !== `"${source.etag}"`) throw new S3Refusal(412, "PreconditionFailed")
    if (upload === null)
      return xml(`<CopyObjectResult><ETag>"${bucket.copy(source, key, headers).etag}"</ETag></CopyObjectResult>`)
    const [, start, last] = /^bytes=(\d+)-(\d+)$/.exec(headers["x-amz-copy-source-range"] ?? "") ?? []
    const bytes = source.bytes.subarray(Number(start), Number(last) + 1)
    return xml(`<CopyPartResult><ETag>"${bucket.part(upload, number, { bytes, headers: {} })}"</ETag></CopyPartResult>`)
  }
  const etag =
    upload === null ? bucket.put(key, body, headers).etag : bucket.part(upload, number, { bytes: body, headers })
  return { ...empty(200), headers: { etag: `"${etag}"` } }
}

function getObject(object: S3Object, { method, query, headers }: Seen): Reply {
  const { bytes, etag, modified } = object
  const said: Record<string, string> = {
    etag: `"${etag}"`,
    "last-modified": modified.toUTCString(),
    "accept-ranges": "bytes",
    ...object.headers,
  }
  delete said["x-amz-acl"]
  if (headers["x-amz-checksum-mode"] !== "ENABLED")
    for (const name of Object.keys(said)) if (name.startsWith("x-amz-checksum-")) delete said[name]
  const disposition = query.get("response-content-disposition")
  if (disposition !== null) said["content-disposition"] = disposition
  if (headers["if-match"] !== undefined && headers["if-match"] !== `"${etag}"`)
    throw new S3Refusal(412, "PreconditionFailed")
  const range = /^bytes=(\d*)-(\d*)$/.exec(headers.range ?? "")
  if (range === null || method === "HEAD") return { status: 200, headers: said, body: bytes }
  const [, first, last] = range as unknown as [string, string, string]
  const start = first === "" ? Math.max(0, bytes.length - Number(last)) : Number(first)
  const end = first === "" || last === "" ? bytes.length : Math.min(Number(last) + 1, bytes.length)
  if (start >= bytes.length) throw new S3Refusal(416, "InvalidRange", { "content-range": `bytes */${bytes.length}` })
  const told = { ...said, "content-range": `bytes ${start}-${end - 1}/${bytes.length}` }
  return { status: 206, headers: told, body: bytes.subarray(start, end) }
}

function deleteMany(bucket: S3Bucket, { body, headers }: Seen): Reply {
  if (headers["content-md5"] !== createHash("md5").update(body).digest("base64"))
    throw new S3Refusal(400, "InvalidDigest")
  for (const [, key] of body.toString().matchAll(/<Key>([^<]*)<\/Key>/g))
    bucket.objects.delete(key!.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code))))
  return xml("<DeleteResult></DeleteResult>")
}

function listObjects(bucket: S3Bucket, query: URLSearchParams): Reply {
  const { keys, prefixes, isTruncated } = bucket.list(query)
  const form = (text: string): string => new URLSearchParams([["", text]]).toString().slice(1)
  const shown = (text: string): string => (query.get("encoding-type") === "url" ? form(text) : escapeXml(text))
  const contents = keys.map((key) => {
    const { bytes, etag, modified } = bucket.find(key)
    return `<Contents><Key>${shown(key)}</Key><LastModified>${modified.toISOString()}</LastModified><ETag>&quot;${etag}&quot;</ETag><Size>${bytes.length}</Size></Contents>`
  })
  const folders = prefixes.map((one) => `<CommonPrefixes><Prefix>${shown(one)}</Prefix></CommonPrefixes>`)
  return xml(
    `<ListBucketResult><IsTruncated>${isTruncated}</IsTruncated>${contents.join("")}${folders.join("")}</ListBucketResult>`,
  )
}

function xml(text: string): Reply {
  const body = Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>${text}`)
  return { status: 200, headers: { "content-type": "application/xml" }, body }
}
function empty(status: number): Reply {
  return { status, headers: {}, body: new Uint8Array(0) }
}
