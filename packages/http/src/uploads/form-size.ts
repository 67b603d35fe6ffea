import type { AnySchema } from "../schema.ts"
import { fillFieldRule, isSchema } from "./field-intake.ts"
import { type FieldRules, type FilesRules, fillRule, type UploadOptions } from "./upload-rules.ts"

/** More than a part's boundary and usual headers take. */
const PART_OVERHEAD_BYTES = 1024

/** The most bytes that a form can have which keeps all its rules. @throws {HTTP_UPLOAD_MISUSED} for a limit that is none. */
export function maxFormBytes({
  files,
  fields = {},
  maxFieldsBytes = 2 ** 20,
}: UploadOptions<FilesRules, FieldRules | AnySchema, object>): number {
  let bytes = 2 * PART_OVERHEAD_BYTES
  for (const rule of Object.values(files)) {
    const { maxFiles, maxFileBytes } = fillRule(rule)
    bytes += maxFiles * (maxFileBytes + PART_OVERHEAD_BYTES)
  }
  if (isSchema(fields)) return bytes + maxFieldsBytes + 100 * PART_OVERHEAD_BYTES
  for (const rule of Object.values(fields)) {
    const { maxBytes, maxValues } = fillFieldRule(rule)
    bytes += maxValues * (maxBytes + PART_OVERHEAD_BYTES)
  }
  return bytes
}
