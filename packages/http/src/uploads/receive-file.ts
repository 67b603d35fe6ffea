import { UnsupportedMediaType } from "../errors.ts"
import { commitFiles, type Intake, inspect, readHead, storeFile } from "./file-intake.ts"
import { parseHeaderParams } from "./header-params.ts"
import { invalid } from "./issue.ts"
import type { UploadContext } from "./multipart.ts"
import { type FileRule, fillRule, type UploadedFile } from "./upload-rules.ts"
import type { UploadTarget } from "./upload-target.ts"
import { withinTime } from "./within-time.ts"
import { Writers } from "./writers.ts"

export interface ReceiveFileOptions<S extends object> extends FileRule {
  /** Where the file is stored. */
  readonly target: UploadTarget<S>
  /** The name the file has where it comes from, when the request says it somewhere: in the path, in a header. */
  readonly originalName?: string
}

/** A file that was the whole body, in its place. */
export type ReceivedFile<S extends object> = UploadedFile<S> & {
  /** Removes the file again. Once is enough. */
  discard(): Promise<void>
}

/**
 * Reads a body that is a file and nothing else (`PUT /avatar`, `curl --data-binary @photo.jpg`) into a target, under the
 * same rules and with the same promise as a file of a form: all of it is in its place, or nothing.
 *
 * @throws {HTTP_INVALID} for its type or its extension @throws {HTTP_BODY_TOO_LARGE} beyond `maxFileBytes`
 * @throws {HTTP_UNSUPPORTED_MEDIA_TYPE} for a form @throws {HTTP_BODY_INVALID} @throws {HTTP_STORAGE_FULL}
 * @example
 * app.put("/avatar", async (ctx) => {
 *   const file = await receiveFile(ctx, { target: toFolder("./data/avatars"), types: ["image/*"] })
 *   return { url: `/avatars/${file.name}` }
 * })
 */
export async function receiveFile<S extends object>(
  ctx: UploadContext,
  options: ReceiveFileOptions<S>,
): Promise<ReceivedFile<S>> {
  const { target, originalName = "" } = options
  const rule = fillRule(options)
  const chunks = withinTime(ctx).chunks(rule.maxFileBytes)[Symbol.asyncIterator]()
  const writers = new Writers(ctx)
  const intake: Intake = {
    field: "",
    path: [],
    filename: originalName,
    declaredType: declaredType(ctx.headers.get("content-type")),
    chunks,
  }
  try {
    const head = await readHead(chunks)
    const { file, issues } = inspect(intake, head, rule)
    if (issues.length > 0) throw invalid(issues)
    const staged = await storeFile(intake, { file, head, rule }, target, (writer) => writers.add(writer))
    const [stored] = await commitFiles([staged])
    return { ...stored!, discard: () => writers.discard() }
  } catch (error) {
    await writers.discard()
    throw error
  } finally {
    await chunks.return?.()
  }
}

function declaredType(header: string | null): string {
  if (header === null) return "application/octet-stream"
  const type = parseHeaderParams(header, "escaped")?.value
  if (type === undefined || !type.includes("/") || type.startsWith("multipart/")) {
    throw new UnsupportedMediaType(
      `Expected the file itself as the body, with its Content-Type, got ${JSON.stringify(header.slice(0, 100))}`,
    )
  }
  return type
}
