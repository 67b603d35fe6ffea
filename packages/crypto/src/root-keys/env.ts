import type { DriverUrl } from "@ashlar/core"
import { RootKeyInvalid, RootKeyMissing } from "../errors.ts"
import { wipe } from "../wipe.ts"
import { localRootKey, ROOT_KEY_BYTES } from "./local.ts"
import type { RootKey } from "./root-key.ts"

export interface EnvOptions {
  readonly forget: boolean
}

/**
 * `env:NAME`: 32 random bytes as base64 (or base64url, or 64 hex digits) in a variable of the environment. Child processes get the
 * environment too: `?forget=true` takes the variable away once it is read. What the system shows of a process's start, such as
 * /proc, has it all the same, and the text itself cannot be wiped: a file is better.
 */
export async function open(url: DriverUrl, { forget }: EnvOptions): Promise<RootKey> {
  if (url.host !== undefined || !/^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(url.name))
    throw new RootKeyInvalid("Expected env:NAME for the root key, with the name of a variable.")
  const text = process.env[url.name]?.trim()
  if (text === undefined || text === "")
    throw new RootKeyMissing(`Expected the root key in the variable ${url.name}, which is not set.`)
  const bytes = parse(text)
  if (bytes === undefined)
    throw new RootKeyInvalid(
      `Expected ${url.name} to be ${ROOT_KEY_BYTES} bytes as base64, such as \`openssl rand -base64 32\` prints.`,
    )
  const root = localRootKey(bytes, "env")
  if (forget) delete process.env[url.name]
  wipe(bytes)
  return root
}

function parse(text: string): Uint8Array | undefined {
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, "hex")
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return undefined
  const bytes = Buffer.from(text.replaceAll("-", "+").replaceAll("_", "/"), "base64")
  return bytes.length === ROOT_KEY_BYTES ? bytes : undefined
}
