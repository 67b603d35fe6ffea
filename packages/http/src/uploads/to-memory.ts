import { Unavailable } from "../errors.ts"
import { tooLarge } from "./issue.ts"
import { checkLimits } from "./limits.ts"
import { chooseName, type UploadNames } from "./upload-name.ts"
import type { UploadTarget } from "./upload-target.ts"

export interface MemoryOptions {
  /**
   * What all uploads under way may hold together. A file that is larger by itself: HTTP_PART_TOO_LARGE. One for which there
   * is no room at the moment: HTTP_UNAVAILABLE. Default 64 MiB.
   */
  readonly maxBytes?: number
  /** Default `uuid`. */
  readonly names?: UploadNames
}

/** What a handler gets of a file in memory. */
export interface StoredInMemory {
  readonly bytes: Uint8Array
}

/**
 * Keeps files in memory, for small ones that a handler works on at once. Bytes count until the form is complete; from then
 * on they are the handler's.
 * @example const avatars = toMemory({ maxBytes: 16 * 2 ** 20 })
 */
export function toMemory(options: MemoryOptions = {}): UploadTarget<StoredInMemory> {
  const { maxBytes = 64 * 2 ** 20, names = "uuid" } = options
  checkLimits({ maxBytes })
  let held = 0
  return {
    open(file) {
      let chunks: Uint8Array[] = []
      let size = 0
      const release = (): void => {
        held -= size
        size = 0
        chunks = []
      }
      return {
        name: chooseName(names, file),
        write(chunk) {
          if (size + chunk.length > maxBytes) throw tooLarge([file.field], maxBytes)
          if (held + chunk.length > maxBytes) {
            throw new Unavailable("Too many uploads are being received. Try again shortly", {
              details: { retryAfterSeconds: 1 },
            })
          }
          chunks.push(chunk.slice()) // a view would keep all of what it is a view of
          size += chunk.length
          held += chunk.length
        },
        end() {},
        commit() {
          const bytes = new Uint8Array(size)
          let at = 0
          for (const chunk of chunks) {
            bytes.set(chunk, at)
            at += chunk.length
          }
          release()
          return { bytes }
        },
        discard: release,
      }
    },
  }
}
