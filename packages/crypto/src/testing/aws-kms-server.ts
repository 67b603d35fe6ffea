import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto"
import { signatureProblem } from "@ashlar/storage/testing/sigv4"

export interface FakeService {
  readonly url: string
  readonly port: number
  /** What the next requests are answered with in place of their answers. */
  readonly faults: (Response | "hang")[]
  readonly requests: { readonly path: string; readonly body: string }[]
  stop(): Promise<void>
}

const ACCOUNT = {
  accessKeyId: "AKIDTEST",
  secretAccessKey: "aws-secret-for-tests",
  region: "eu-central-1",
  service: "kms",
}
const MAX_PLAIN_BYTES = 4_096

/**
 * AWS KMS as its documents describe `Encrypt` and `Decrypt`: it checks the signature, the key's id and the encryption context, and
 * refuses as AWS does. Login `AKIDTEST`, `aws-secret-for-tests`; keys `alias/root` and `alias/other`.
 */
export function startAwsKms(): FakeService & { readonly login: string } {
  const keys = new Map(["alias/root", "alias/other"].map((id) => [id, randomBytes(32)]))
  const faults: FakeService["faults"] = []
  const requests: { path: string; body: string }[] = []
  const refuse = (status: number, type: string, message = "no"): Response =>
    Response.json({ __type: `com.amazonaws.kms#${type}`, message }, { status })
  const server = Bun.serve({
    ...{ port: 0, hostname: "127.0.0.1" },
    async fetch(request) {
      const body = new Uint8Array(await request.arrayBuffer())
      const text = Buffer.from(body).toString()
      requests.push({ path: request.headers.get("x-amz-target") ?? "", body: text })
      const fault = faults.shift()
      if (fault !== undefined) return fault === "hang" ? await new Promise<Response>(() => undefined) : fault
      const url = new URL(request.url)
      const seen = { method: request.method, target: url.pathname, headers: Object.fromEntries(request.headers), body }
      const problem = signatureProblem(seen, ACCOUNT)
      if (problem !== undefined) return refuse(400, "InvalidSignatureException", problem)
      if (request.headers.get("content-type") !== "application/x-amz-json-1.1")
        return refuse(400, "UnknownOperationException")
      const input: Record<string, unknown> = JSON.parse(text)
      const key = keys.get(String(input.KeyId))
      if (key === undefined) return refuse(400, "NotFoundException")
      const context = Object.entries(input.EncryptionContext ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
      const aad = Buffer.from(JSON.stringify([input.KeyId, context]))
      if (request.headers.get("x-amz-target") === "TrentService.Encrypt") {
        const plain = Buffer.from(String(input.Plaintext), "base64")
        if (plain.length === 0 || plain.length > MAX_PLAIN_BYTES) return refuse(400, "ValidationException")
        const nonce = randomBytes(12)
        const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(aad)
        const blob = Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
        return Response.json({ CiphertextBlob: blob.toString("base64"), KeyId: input.KeyId })
      }
      try {
        const blob = Buffer.from(String(input.CiphertextBlob), "base64")
        const decipher = createDecipheriv("aes-256-gcm", key, blob.subarray(0, 12), { authTagLength: 16 }).setAAD(aad)
        decipher.setAuthTag(blob.subarray(-16))
        const plain = Buffer.concat([decipher.update(blob.subarray(12, -16)), decipher.final()])
        return Response.json({ Plaintext: plain.toString("base64"), KeyId: input.KeyId })
      } catch {
        return refuse(400, "InvalidCiphertextException")
      }
    },
  })
  const port = server.port ?? 0
  return {
    ...{ url: `http://127.0.0.1:${port}`, port, faults, requests },
    login: `${ACCOUNT.accessKeyId}:${ACCOUNT.secretAccessKey}`,
    stop: () => server.stop(true),
  }
}
