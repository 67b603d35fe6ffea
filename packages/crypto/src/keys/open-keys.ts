import { defineService, type Service, type Services } from "@ashlar/core"
import { openRootKey } from "../root-keys/open-root-key.ts"
import type { RootKey } from "../root-keys/root-key.ts"
import { keyStoreDrivers } from "../stores/open-store.ts"
import { KeyCore, type KeysOptions } from "./core.ts"
import type { Keys } from "./keys.ts"
import { LiveKeys } from "./live-keys.ts"

/**
 * Opens keys: under a root key, in a store, both by URL.
 *
 * @throws {CRYPTO_ROOT_KEY_MISSING} and what else the root key and the store throw. {CRYPTO_OPTION_INVALID}
 * @example
 * const keys = await openKeys({ root: "file:./root.key?create=true", store: "sqlite:./keys.db" })
 * await keys.create({ name: "customers" })
 * const sealed = await keys.encrypt("customers", iban, { table: "customers", row: id, column: "iban" })
 */
export async function openKeys(options: KeysOptions): Promise<Keys> {
  const opened: RootKey[] = []
  const openRoot = async (root: string | RootKey): Promise<RootKey> => {
    if (typeof root !== "string") return root
    const one = await openRootKey(root)
    opened.push(one)
    return one
  }
  try {
    const root = await openRoot(options.root)
    const former: RootKey[] = []
    for (const one of options.former ?? []) former.push(await openRoot(one))
    const store = typeof options.store === "string" ? await keyStoreDrivers.open(options.store) : options.store
    return new LiveKeys(new KeyCore(options, [root, ...former], store), options.tenant ?? "app")
  } catch (error) {
    await Promise.all(opened.map((one) => one.close()))
    throw error
  }
}

/**
 * Keys as a service of an app.
 * @example
 * export const AppKeys = defineKeys(() => ({ root: process.env.ROOT_KEY ?? "file:./root.key", store: "sqlite:./keys.db" }))
 */
export function defineKeys(
  options: (services: Services) => KeysOptions | Promise<KeysOptions>,
  { name = "keys" }: { readonly name?: string } = {},
): Service<Keys> {
  return defineService<Keys>({
    name,
    open: async (services) => openKeys(await options(services)),
    close: (keys) => keys.close(),
  })
}
