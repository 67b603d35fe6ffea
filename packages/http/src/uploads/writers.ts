import type { UploadContext } from "./multipart.ts"
import type { UploadWriter } from "./upload-target.ts"

/** All that one request has begun to write, so that it can be taken back. */
export class Writers {
  readonly #ctx: UploadContext
  #open: UploadWriter[] = []

  constructor(ctx: UploadContext) {
    this.#ctx = ctx
  }

  add(writer: UploadWriter): void {
    this.#open.push(writer)
  }

  /**
   * Removes everything, the last first. Never rejects: that something could not be removed is told to the app's `onError`,
   * while the caller hears why the upload failed.
   */
  async discard(): Promise<void> {
    const writers = this.#open.reverse()
    this.#open = []
    for (const writer of writers) {
      try {
        await writer.discard()
      } catch (error) {
        this.#ctx.defer?.(() => {
          throw error
        })
      }
    }
  }
}
