import { randomBytes } from "node:crypto"
import { constants } from "node:fs"
import { link, open, readFile, unlink } from "node:fs/promises"
import { dirname } from "node:path"
import { RootKeyInvalid, RootKeyMissing, wipe } from "@ashlar/crypto"
import type { RootKey } from "@ashlar/crypto/root-keys"

const SECRET_BYTES = 32
const CONTEXT = { purpose: "ashlar install secret" }

export interface InstallSecretOptions {
  /** Say `false` when the install's database is there: a new secret could not open what the lost one sealed. */
  readonly create: boolean
}

/**
 * The secret that the install derives from what it signs and seals with, where its root key is in an HSM or a service: 32 random bytes in
 * a file, wrapped by the root, so that the file may be in a backup. Made at the first start; whole or not there after a crash.
 *
 * @throws {CRYPTO_ROOT_KEY_MISSING} when there is no file and `create` is false
 * @throws {CRYPTO_UNWRAP_FAILED} when another root wrapped it, and what the root key throws
 */
export async function openInstallSecret(
  path: string,
  root: RootKey,
  { create }: InstallSecretOptions,
): Promise<Uint8Array> {
  const found = await readIfThere(path)
  if (found !== undefined) return await unwrap(found, root)
  if (!create)
    throw new RootKeyMissing(`Expected the wrapped secret of this install at ${path}. Restore it from a backup.`)
  const secret = randomBytes(SECRET_BYTES)
  await writeOnce(path, await root.wrap(secret, CONTEXT))
  wipe(secret)
  const made = await readIfThere(path)
  if (made === undefined) throw new RootKeyMissing(`The wrapped secret at ${path} was removed while it was made.`)
  return await unwrap(made, root)
}

async function unwrap(wrapped: Uint8Array, root: RootKey): Promise<Uint8Array> {
  const secret = await root.unwrap(wrapped, CONTEXT)
  if (secret.length !== SECRET_BYTES) throw new RootKeyInvalid("Expected the secret of the install to have 32 bytes.")
  return secret
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path)
  } catch (error) {
    if (isCode(error, "ENOENT")) return undefined
    throw error
  }
}

/** A full file under another name, then a link: of two that start at once both get the first one's. */
async function writeOnce(path: string, bytes: Uint8Array): Promise<void> {
  const draft = `${path}.${randomBytes(8).toString("hex")}`
  try {
    const file = await open(draft, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600)
    await file
      .writeFile(bytes)
      .then(() => file.sync())
      .finally(() => file.close())
    await link(draft, path).catch((error: unknown) => {
      if (!isCode(error, "EEXIST")) throw error
    })
  } finally {
    await unlink(draft).catch(() => undefined)
  }
  const folder = await open(dirname(path), constants.O_RDONLY)
  await folder.sync().finally(() => folder.close())
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code
}
