import type { DeclaredBy } from "@ashlar/core"
import {
  BodyInvalid,
  BodyTooLarge,
  Invalid,
  MultipartInvalid,
  MultipartTruncated,
  PartHeadersTooLarge,
  PartsTooMany,
  PartTooLarge,
  StorageFull,
  Unavailable,
  UnsupportedMediaType,
  UploadNameTaken,
} from "../errors.ts"
import { type Layer, layer } from "../layer.ts"
import type { AnySchema } from "../schema.ts"
import { describeForm } from "./describe-form.ts"
import { maxFormBytes } from "./form-size.ts"
import { receiveUploads } from "./receive-uploads.ts"
import type { FieldRules, FilesRules, UploadForm, UploadOptions } from "./upload-rules.ts"

const ERRORS: readonly [
  typeof MultipartInvalid,
  typeof MultipartTruncated,
  typeof BodyInvalid,
  typeof BodyTooLarge,
  typeof PartTooLarge,
  typeof PartsTooMany,
  typeof PartHeadersTooLarge,
  typeof UnsupportedMediaType,
  typeof Invalid,
  typeof UploadNameTaken,
  typeof Unavailable,
  typeof StorageFull,
] = [
  MultipartInvalid,
  MultipartTruncated,
  BodyInvalid,
  BodyTooLarge,
  PartTooLarge,
  PartsTooMany,
  PartHeadersTooLarge,
  UnsupportedMediaType,
  Invalid,
  UploadNameTaken,
  Unavailable,
  StorageFull,
]

/** What the layer puts on the context. */
export interface UploadFields<F extends FilesRules, T extends FieldRules | AnySchema, S extends object> {
  readonly form: UploadForm<F, T, S>
}

/**
 * A layer that receives a form before the handler runs: `ctx.form` has its fields and its files. The files stay when the
 * answer's status is below 400; when the handler throws, or answers that it failed, they are removed before the caller hears
 * of it. Where the route says no `maxBodyBytes`, it reads `options.maxBodyBytes`, by default what the rules add up
 * to. OpenAPI shows the form.
 *
 * @throws {HTTP_UPLOAD_MISUSED} for a limit that is none
 * @example
 * const photos = uploads({
 *   target: toFolder("./data/photos"),
 *   files: { photos: { maxFiles: 5, types: ["image/png", "image/jpeg"], required: true } },
 *   fields: { title: { maxBytes: 1000, required: true } },
 * })
 * app.post("/photos", { layers: [photos] }, (ctx) => ({ title: ctx.form.fields.title, first: ctx.form.files.photos[0].name }))
 */
export function uploads<
  const F extends FilesRules,
  const T extends FieldRules | AnySchema = Record<never, never>,
  S extends object = object,
>(options: UploadOptions<F, T, S>): Layer<UploadFields<F, T, S>, DeclaredBy<(typeof ERRORS)[number]>> {
  const { maxBodyBytes = maxFormBytes(options), ...rest } = options
  const discard = async (ctx: Partial<UploadFields<F, T, S>>): Promise<void> => ctx.form?.discard()
  return layer({
    name: "uploads",
    errors: ERRORS,
    meta: { requestBody: describeForm(options) },
    maxBodyBytes,
    // The route's limit is this one, or the one that the route itself says.
    before: async (ctx): Promise<UploadFields<F, T, S>> => ({ form: await receiveUploads<F, T, S>(ctx, rest) }),
    error: (ctx) => discard(ctx as Partial<UploadFields<F, T, S>>),
    // A failure may also come from outside of this layer, or be an answer like any other.
    finish: (ctx, { status }) => (status >= 400 ? discard(ctx as Partial<UploadFields<F, T, S>>) : undefined),
  })
}
