import type { Guarantees } from "@ashlar/core"
import { rootKeyDrivers } from "./drivers.ts"
import type { RootKey } from "./root-key.ts"

/**
 * Opens a root key: `file:path`, `env:NAME`, `pkcs11:token=…;object=…?module-path=…`, `awskms:///key?region=…` or
 * `vault://host/mount/key`.
 *
 * @param needs What the caller relies on: `{ staysOutside: true }` for a key that never is in this process.
 * @throws {CRYPTO_ROOT_KEY_MISSING} {CRYPTO_ROOT_KEY_EXPOSED} {CRYPTO_ROOT_KEY_INVALID} {CRYPTO_ROOT_KEY_REFUSED}
 * @throws {CORE_DRIVER_URL_INVALID} {CORE_DRIVER_UNKNOWN} {CORE_DRIVER_OPTION_INVALID} {CORE_DRIVER_GUARANTEE_MISSING}
 * @throws {CORE_DRIVER_PACKAGE_MISSING} for `pkcs11:` without the package `pkcs11js`.
 */
export async function openRootKey(url: string, needs: Guarantees = {}): Promise<RootKey> {
  rootKeyDrivers.require(url, needs, "The root key")
  return await rootKeyDrivers.open(url)
}
