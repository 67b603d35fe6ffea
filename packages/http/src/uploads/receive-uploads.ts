import type { AnySchema } from "../schema.ts"
import { FormIntake } from "./form-intake.ts"
import { multipart, type UploadContext } from "./multipart.ts"
import type { FieldRules, FilesRules, UploadForm, UploadOptions } from "./upload-rules.ts"
import { withinTime } from "./within-time.ts"
import { Writers } from "./writers.ts"

/**
 * Reads a form: its text into `fields`, its files into the target, chunk by chunk as they come. All or nothing: the files
 * are in their places when this resolves, and when it rejects, for whatever reason, nothing of them is left.
 *
 * In a handler, what the handler does afterwards is its own affair: it calls `form.discard()` when it fails. The layer
 * {@link uploads} does that by itself.
 *
 * @throws {HTTP_INVALID} with `errors` for what is wrong with fields and files (type, extension, number, missing)
 * @throws {HTTP_PART_TOO_LARGE} @throws {HTTP_STORAGE_FULL} @throws {HTTP_UPLOAD_NAME_TAKEN} and all that {@link multipart} throws
 * @example
 * const form = await receiveUploads(ctx, {
 *   target: toFolder("./data/photos"),
 *   files: { photos: { maxFiles: 5, types: ["image/png", "image/jpeg"], required: true } },
 *   fields: { title: { maxBytes: 1000, required: true } },
 *   maxBodyBytes: 60 * 2 ** 20,
 * })
 * form.files.photos[0].path
 */
export async function receiveUploads<
  const F extends FilesRules,
  const T extends FieldRules | AnySchema = Record<never, never>,
  S extends object = object,
>(ctx: UploadContext, options: UploadOptions<F, T, S>): Promise<UploadForm<F, T, S>> {
  const writers = new Writers(ctx)
  const intake = new FormIntake(options, writers)
  try {
    const limits = { ...options, maxParts: options.maxParts ?? intake.maxParts }
    for await (const part of multipart(withinTime(ctx), limits)) await intake.take(part)
    const { fields, files } = await intake.finish()
    return { fields, files, discard: () => writers.discard() } as UploadForm<F, T, S>
  } catch (error) {
    await writers.discard()
    throw error
  }
}
