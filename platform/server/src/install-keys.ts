import { existsSync } from "node:fs"
import { openRootKey as openRoot, type RootKey as Root } from "@ashlar/crypto/root-keys"
import { openRootKey, RootKey } from "@ashlar/identity"
import { openInstallSecret } from "@ashlar/kms"
import type { DataFolder } from "./data-folder.ts"

/** What an install's keys hang on. */
export interface InstallKeys {
  /** Wraps the keys of projects. */
  readonly root: Root
  /** What the install itself signs and seals with. */
  readonly secret: RootKey
  close(): Promise<void>
}

/**
 * Opens the root key. As a file in the data folder it is the install's secret too; anywhere else it wraps that secret, which is then in
 * the folder's `install.sealed`. Neither is made for a database that is there: it could not open what the lost one sealed.
 *
 * @throws what the root key throws, `IDENTITY_ROOT_KEY_…` and `CRYPTO_ROOT_KEY_…`
 */
export async function openInstallKeys(folder: DataFolder, url: string | undefined): Promise<InstallKeys> {
  const create = !existsSync(folder.systemFile)
  if (url === undefined) {
    const secret = await openRootKey(folder.rootKeyFile, { create })
    const root = await openRoot(folder.rootKeyUrl)
    return { root, secret, close: () => root.close() }
  }
  const root = await openRoot(url)
  try {
    const secret = await openInstallSecret(folder.installSecretFile, root, { create })
    return { root, secret: new RootKey(secret), close: () => root.close() }
  } catch (error) {
    await root.close()
    throw error
  }
}
