import type { BaseContext } from "../context/context.ts"
import { NotFound } from "../errors.ts"
import { type Failure, fail } from "../failure.ts"
import type { Reply } from "../reply/reply.ts"
import { andThen, type MaybePromise } from "../step.ts"
import { answerFile } from "./answer-file.ts"
import { FileCache, type Found } from "./file-cache.ts"
import { type FileOptions, type FileSettings, fileSettings } from "./file-settings.ts"

interface Ready {
  readonly settings: FileSettings
  readonly cache: FileCache
}

/**
 * Answers with one file: whole or in parts (`Range`), or with word that the caller has it already. It is not read into
 * memory unless it is small. The path is the server's own: never make one from what a caller sent; that is what
 * `serveFolder` is for. What is no file is 404.
 *
 * Keep the options in a constant: the files of one options object share one cache.
 * @throws {HTTP_FILES_INVALID} @throws {HTTP_CACHE_CONTROL_INVALID} when an option is out of range.
 * @example
 * app.get("/invoices/:id", async (ctx) => {
 *   const invoice = await invoices.get(ctx.params.id)
 *   return serveFile(ctx, invoice.path, { download: `Invoice ${invoice.number}.pdf`, cacheControl: { private: true, noCache: true } })
 * })
 */
export function serveFile(
  ctx: BaseContext,
  path: string,
  options: FileOptions = NO_OPTIONS,
): MaybePromise<Reply | Failure> {
  const { settings, cache } = readyFor(options)
  const found = cache.find(path, settings.precompressed, () =>
    process.getBuiltinModule("node:fs").promises.realpath(path),
  )
  return andThen(found, (file: Found) =>
    file === undefined || file === "folder" ? fail(NotFound) : answerFile(ctx, file, settings),
  )
}

const NO_OPTIONS: FileOptions = {}
const ready = new WeakMap<FileOptions, Ready>()
const shared = new FileCache({})

function readyFor(options: FileOptions): Ready {
  const known = ready.get(options)
  if (known !== undefined) return known
  const cache = options.cache === undefined ? shared : new FileCache(options.cache)
  const made: Ready = { settings: fileSettings(options), cache }
  ready.set(options, made)
  return made
}
