import type { AshlarError } from "@ashlar/core"
import { extensionOf, isNamed, resolveType, SNIFF_BYTES, sanitizeFilename, sniffType } from "@ashlar/core/files"
import type { RequestIssue } from "../request-issue.ts"
import { type FormPath, formIssue, tooLarge } from "./issue.ts"
import type { FileFacts, FullFilesRule, UploadedFile } from "./upload-rules.ts"
import type { IncomingFile, UploadTarget, UploadWriter } from "./upload-target.ts"

/** A file that comes in, before anything of it was read. */
export interface Intake {
  readonly field: string
  /** Where it is in the form, for messages. */
  readonly path: FormPath
  readonly filename: string
  readonly declaredType: string
  readonly chunks: AsyncIterator<Uint8Array>
}

/** A file that is whole in its target, and not yet in its place. */
export interface StagedFile<S extends object> {
  readonly facts: FileFacts
  readonly writer: UploadWriter<S>
}

/** The first bytes of a file, as they came. */
export interface Head {
  readonly chunks: readonly Uint8Array[]
  readonly sizeBytes: number
}

/** Reads as much of a file as it takes to know its type; never more than the chunk in which that is. */
export async function readHead(chunks: AsyncIterator<Uint8Array>): Promise<Head> {
  const read: Uint8Array[] = []
  let sizeBytes = 0
  while (sizeBytes < SNIFF_BYTES) {
    const { done, value } = await chunks.next()
    if (done === true) break
    read.push(value)
    sizeBytes += value.length
  }
  return { chunks: read, sizeBytes }
}

/** What a file is, and what is wrong with that. */
export function inspect(
  intake: Intake,
  head: Head,
  rule: FullFilesRule,
): { readonly file: IncomingFile; readonly issues: readonly RequestIssue[] } {
  const { field, path, filename, declaredType } = intake
  const type = resolveType(sniffType(flat(head)), declaredType)
  const originalName = sanitizeFilename(filename)
  const extension = extensionOf(type) ?? ""
  const issues: RequestIssue[] = []
  const { types, extensions } = rule
  if (types !== undefined && !isNamed(type, types)) {
    issues.push(
      formIssue(path, "file_type", `Expected ${anyOf(types)}, got ${extensionOf(type) ? type : "another type"}.`),
    )
  }
  if (extensions !== undefined && !hasExtension(originalName, extensions)) {
    issues.push(formIssue(path, "file_extension", `Expected a file name that ends in ${anyOf(extensions)}.`))
  }
  return { file: { field, originalName, type, declaredType, extension }, issues }
}

function hasExtension(name: string, extensions: readonly string[]): boolean {
  const lowered = name.toLowerCase()
  return extensions.some((extension) => lowered.length > extension.length && lowered.endsWith(extension))
}

function anyOf(words: readonly string[]): string {
  return words.length > 1 ? `${words.slice(0, -1).join(", ")} or ${words.at(-1)}` : (words[0] ?? "nothing")
}

function flat({ chunks, sizeBytes }: Head): Uint8Array {
  if (chunks.length === 1) return chunks[0]!
  const size = Math.min(sizeBytes, SNIFF_BYTES)
  const whole = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk.subarray(0, size - at), at)
    at += chunk.length
  }
  return whole
}

/**
 * Writes a file into its target, chunk by chunk as it comes.
 * @param opened Told of the writer at once, so that whoever fails later can have it removed.
 * @throws {HTTP_PART_TOO_LARGE} before a byte too many is written.
 */
export async function storeFile<S extends object>(
  { path, chunks }: Intake,
  { file, head, rule }: { readonly file: IncomingFile; readonly head: Head; readonly rule: FullFilesRule },
  target: UploadTarget<S>,
  opened: (writer: UploadWriter<S>) => void,
): Promise<StagedFile<S>> {
  const refuse = (): AshlarError => tooLarge(path, rule.maxFileBytes)
  if (head.sizeBytes > rule.maxFileBytes) throw refuse()
  const hash = rule.sha256 ? (await import("node:crypto")).createHash("sha256") : undefined
  const writer = await target.open(file)
  opened(writer)
  let sizeBytes = 0
  const take = async (chunk: Uint8Array): Promise<void> => {
    sizeBytes += chunk.length
    if (sizeBytes > rule.maxFileBytes) throw refuse()
    hash?.update(chunk)
    await writer.write(chunk)
  }
  for (const chunk of head.chunks) await take(chunk)
  for (;;) {
    const { done, value } = await chunks.next()
    if (done === true) break
    await take(value)
  }
  await writer.end()
  const { originalName, type, declaredType } = file
  const facts = { name: writer.name, originalName, type, declaredType, sizeBytes, sha256: hash?.digest("hex") }
  return { facts, writer }
}

/** Puts files into their places, in their order. */
export async function commitFiles<S extends object>(staged: readonly StagedFile<S>[]): Promise<UploadedFile<S>[]> {
  const files: UploadedFile<S>[] = []
  for (const { facts, writer } of staged) files.push({ ...facts, ...(await writer.commit()) })
  return files
}
