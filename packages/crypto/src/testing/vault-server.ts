import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto"
import type { FakeService } from "./aws-kms-server.ts"

const TOKEN = "hvs.token-for-tests"

/** Vault's Transit engine at `transit`, with the keys `root` and `other` of AES-256-GCM, for the token `hvs.token-for-tests`. */
export function startVault(): FakeService & { readonly token: string } {
  const keys = new Map(["root", "other"].map((id) => [id, randomBytes(32)]))
  const faults: FakeService["faults"] = []
  const requests: { path: string; body: string }[] = []
  const refuse = (status: number, ...errors: string[]): Response => Response.json({ errors }, { status })
  const server = Bun.serve({
    ...{ port: 0, hostname: "127.0.0.1" },
    async fetch(request) {
      const { pathname } = new URL(request.url)
      const body = await request.text()
      requests.push({ path: pathname, body })
      const fault = faults.shift()
      if (fault !== undefined) return fault === "hang" ? await new Promise<Response>(() => undefined) : fault
      if (request.headers.get("x-vault-token") !== TOKEN) return refuse(403, "permission denied")
      const match = /^\/v1\/transit\/(encrypt|decrypt)\/([\w.-]+)$/.exec(pathname)
      if (match === null || request.method !== "POST") return refuse(404)
      const key = keys.get(match[2] ?? "")
      if (key === undefined) return refuse(match[1] === "encrypt" ? 404 : 400, "encryption key not found")
      const input: Record<string, string> = JSON.parse(body)
      const aad = Buffer.from(input.associated_data ?? "", "base64")
      if (match[1] === "encrypt") {
        const nonce = randomBytes(12)
        const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(aad)
        const plain = Buffer.from(input.plaintext ?? "", "base64")
        const sealed = Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
        return Response.json({ data: { ciphertext: `vault:v1:${sealed.toString("base64")}`, key_version: 1 } })
      }
      try {
        const text = input.ciphertext ?? ""
        if (!text.startsWith("vault:v1:")) return refuse(400, "invalid ciphertext: version is too new")
        const sealed = Buffer.from(text.slice(9), "base64")
        // What decodes is not all there is to a text: Go's decoder is strict about its end.
        if (sealed.toString("base64") !== text.slice(9)) return refuse(400, "illegal base64 data")
        const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(0, 12), { authTagLength: 16 }).setAAD(aad)
        decipher.setAuthTag(sealed.subarray(-16))
        const plain = Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()])
        return Response.json({ data: { plaintext: plain.toString("base64") } })
      } catch {
        return refuse(400, "cipher: message authentication failed")
      }
    },
  })
  const port = server.port ?? 0
  return { ...{ url: `http://127.0.0.1:${port}`, port, faults, requests }, token: TOKEN, stop: () => server.stop(true) }
}
