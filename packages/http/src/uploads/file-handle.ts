import { StorageFull } from "../errors.ts"

/** An open file of `node:fs/promises`. */
export type FileHandle = Awaited<ReturnType<typeof import("node:fs/promises")["open"]>>

/** Writes all of a block at the file's end: a write may take less than it was given. @throws {HTTP_STORAGE_FULL} */
export async function writeAll(handle: FileHandle, block: Uint8Array): Promise<void> {
  for (let at = 0; at < block.length; ) {
    const { bytesWritten } = await handle.write(block, at, block.length - at).catch(refuseFull)
    at += bytesWritten
  }
}

/** No room on the disk, in the quota, or for a file of this size. */
const FULL: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT", "EFBIG"])

/** Throws on what a file system said. @throws {HTTP_STORAGE_FULL} where that is what it said */
export function refuseFull(cause: NodeJS.ErrnoException): never {
  throw FULL.has(cause.code ?? "") ? new StorageFull(undefined, { cause }) : cause
}
