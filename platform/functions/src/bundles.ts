import { createHash } from "node:crypto"
import { BundleLost } from "./errors.ts"

/** Keeps the code of versions outside of the project's file. */
export interface BundleStore {
  /** MUST have the bytes on disk when it resolves, and MUST NOT replace what is there. */
  put(key: string, code: Uint8Array): Promise<void>
  /** Undefined when there is none. */
  get(key: string): Promise<Uint8Array | undefined>
  /** Has bundles removed that no version has any more, now or later. One that is gone is no mistake. */
  discard(keys: readonly string[]): Promise<void>
}

/** The bundles of one project. */
export function bundlePrefix(projectId: string): string {
  return `functions/${projectId}/`
}

/**
 * The code of a version, which is what was deployed or nothing: whoever may write to where bundles are kept cannot change what runs.
 *
 * @throws {FUNCTIONS_BUNDLE_LOST}
 */
export async function readBundle(
  bundles: BundleStore | undefined,
  { key, sha256 }: { readonly key: string; readonly sha256: string },
): Promise<Uint8Array> {
  const code = await bundles?.get(key)
  if (code === undefined) throw new BundleLost()
  if (createHash("sha256").update(code).digest("hex") !== sha256)
    throw new BundleLost("The code of this version is not what was deployed. Deploy it again, or roll back.")
  return code
}
