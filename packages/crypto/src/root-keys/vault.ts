import type { DriverUrl } from "@ashlar/core"
import { encodeContext } from "../context.ts"
import { RootKeyInvalid, RootKeyMissing, RootKeyRefused, RootKeyUnavailable, UnwrapFailed } from "../errors.ts"
import { askService } from "./ask-service.ts"
import type { RootKey } from "./root-key.ts"

export interface VaultOptions {
  readonly tls: "required" | "off"
  readonly namespace: string | undefined
  readonly timeoutMs: number
  readonly attempts: number
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/

/**
 * `vault://host:8200/transit/app`: a key of the Transit engine of Vault or OpenBao, `aes256-gcm96` or `chacha20-poly1305`, by mount and
 * name. The context is its `associated_data`. The token is the URL's password, or `VAULT_TOKEN`, which is read for each request.
 *
 * @see https://developer.hashicorp.com/vault/api-docs/secret/transit#encrypt-data
 */
export async function open(url: DriverUrl, options: VaultOptions): Promise<RootKey> {
  const { tls, namespace, timeoutMs, attempts } = options
  const match = /^([A-Za-z0-9_./-]{1,200})\/([A-Za-z0-9_.-]{1,200})$/.exec(url.name)
  if (!url.host || match === null || url.name.split("/").some((part) => part === "" || /^\.+$/.test(part)))
    throw new RootKeyInvalid(`Expected vault://:token@host:8200/mount/key, got ${url}.`)
  const host = url.host
  if (tls === "off" && !LOOPBACK.test(host))
    throw new RootKeyInvalid("Expected TLS to Vault: `tls=off` is for a server or agent on this machine only.")
  const [, mount = "", name = ""] = match
  const authority = `${host.includes(":") ? `[${host}]` : host}:${url.port ?? 8200}`
  const base = `${tls === "off" ? "http" : "https"}://${authority}/v1/${mount}`
  const token = (): string => {
    const found = url.password?.reveal() ?? process.env.VAULT_TOKEN
    if (!found) throw new RootKeyRefused("Expected a token for Vault in the URL, or in VAULT_TOKEN.")
    return found
  }
  token()
  const ask = async (action: "encrypt" | "decrypt", input: Record<string, unknown>, field: string): Promise<string> => {
    const { status, json } = await askService({
      url: `${base}/${action}/${name}`,
      headers: () => ({
        "content-type": "application/json",
        "x-vault-request": "true",
        "x-vault-token": token(),
        ...(namespace !== undefined && { "x-vault-namespace": namespace }),
      }),
      ...{ body: JSON.stringify(input), timeoutMs, attempts, name: "Vault" },
    })
    if (status === 404) throw new RootKeyMissing("Vault has no such key, or no Transit engine at this mount.")
    // Vault says "no such key" and "does not decrypt" both with 400.
    if (status === 400 && action === "decrypt") throw new UnwrapFailed()
    if (status !== 200) throw new RootKeyRefused(`Vault answered ${status}.`)
    const data = json.data
    const answer = typeof data === "object" && data !== null ? Reflect.get(data, field) : undefined
    if (typeof answer !== "string" || answer === "") throw new RootKeyUnavailable("Vault answered without its result.")
    return answer
  }
  return {
    id: `vault:${mount}/${name}`,
    async wrap(key, context) {
      const input = { plaintext: Buffer.from(key).toString("base64"), associated_data: dataOf(context) }
      return new Uint8Array(Buffer.from(await ask("encrypt", input, "ciphertext")))
    },
    async unwrap(wrapped, context) {
      const ciphertext = Buffer.from(wrapped).toString("latin1")
      const associated_data = dataOf(context)
      if (!/^vault:v\d{1,9}:[A-Za-z0-9+/]{1,8192}={0,2}$/.test(ciphertext)) throw new UnwrapFailed()
      const plain = await ask("decrypt", { ciphertext, associated_data }, "plaintext")
      return new Uint8Array(Buffer.from(plain, "base64"))
    },
    async close() {
      // Nothing is held between two requests.
    },
  }
}

function dataOf(context: Readonly<Record<string, string>>): string {
  return encodeContext(context).toString("base64")
}
