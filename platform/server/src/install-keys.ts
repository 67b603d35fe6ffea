import { existsSync } from "node:fs"
import { openRootKey as openRoot, type RootKey as Root } from "@ashlar/crypto/root-keys"
import { openRootKey, RootKey } from "@ashlar/identity"
import { openInstallSecret } from "@ashlar/kms"
import type { DataFolder } from "./data-folder.ts"
import { KmsOptionsInvalid } from "./errors.ts"
import { openRemoteRoot } from "./root-service/remote-root.ts"

/** What an install's keys hang on. */
export interface InstallKeys {
  /** Wraps the keys of projects. */
  readonly root: Root
  /** What the install itself signs and seals with. */
  readonly secret: RootKey
  close(): Promise<void>
}

/** Where the root key of an install is. Without any: a file in the data folder. */
export interface RootKeyPlace {
  /**
   * By URL: `file:path`, `env:NAME`, `pkcs11:…`, `awskms:…` or `vault:…`, for an install that is new.
   */
  readonly rootKey?: string
  /** Or in another process: the address of `startRootService`, `http://host:port`. With `serviceKey`. */
  readonly kms?: string
  /** The file of the key by which this process and the kms know each other: a copy of the kms's. */
  readonly serviceKey?: string
}

/**
 * Opens the root key. As a file in the data folder it is the install's secret too; anywhere else it wraps that secret, which is then in
 * the folder's `install.sealed`. Neither is made for a database that is there: it could not open what the lost one sealed.
 *
 * @throws what the root key throws, `IDENTITY_ROOT_KEY_…` and `CRYPTO_ROOT_KEY_…`
 * @throws {SERVER_KMS_OPTIONS_INVALID} {SERVER_SERVICE_KEY_INVALID}
 */
export async function openInstallKeys(folder: DataFolder, place: RootKeyPlace): Promise<InstallKeys> {
  const create = !existsSync(folder.systemFile)
  const opening = openElsewhere(place)
  if (opening === undefined) {
    const secret = await openRootKey(folder.rootKeyFile, { create })
    const root = await openRoot(folder.rootKeyUrl)
    return { root, secret, close: () => root.close() }
  }
  const root = await opening
  try {
    const secret = await openInstallSecret(folder.installSecretFile, root, { create })
    return { root, secret: new RootKey(secret), close: () => root.close() }
  } catch (error) {
    await root.close()
    throw error
  }
}

function openElsewhere({ rootKey, kms, serviceKey }: RootKeyPlace): Promise<Root> | undefined {
  if (kms === undefined) {
    if (serviceKey !== undefined) throw new KmsOptionsInvalid("A service key is for a kms: say where that is (--kms).")
    return rootKey === undefined ? undefined : openRoot(rootKey)
  }
  if (rootKey !== undefined)
    throw new KmsOptionsInvalid("Expected --kms or --root-key: the kms has the root key, and this process has none.")
  if (serviceKey === undefined) throw new KmsOptionsInvalid("Expected --service-key beside --kms.")
  return openRemoteRoot({ url: kms, serviceKey })
}
