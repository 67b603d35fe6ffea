import { AshlarRequestError, type Collection, isRequestError, type JsonObject } from "@ashlar/sdk"
import type { Command } from "commander"
import type { Cli, Outcome } from "../cli.ts"
import { InputInvalid, Interrupted } from "../errors.ts"
import { isObject, kindOf, readJsonFile } from "../json-input.ts"
import { type Run, wholeNumber } from "../program.ts"
import { plural } from "../text.ts"

interface ImportOptions {
  readonly idField?: string
  readonly batch: number
  readonly skip: number
}

/** A request stays well below what a server takes, whatever the documents' size. */
const MAX_BATCH_BYTES = 2 * 1024 * 1024
/** Documents with an id of their own go one by one; so many are under way at the same time. */
const PARALLEL = 16

/** `documents import`. */
export function registerImport(documents: Command, run: Run): void {
  documents
    .command("import")
    .description("store the documents of a JSON file: an array of objects")
    .argument("<collection>")
    .argument("<file>")
    .option("--id-field <path>", "the field that holds each document's id; what exists under it is replaced")
    .option("--batch <count>", "so many in one step", wholeNumber(1, 1_000), 500)
    .option("--skip <count>", "leave out the first so many: how a stopped import goes on", wholeNumber(0, 1e9), 0)
    .addHelpText("after", "\nExample:\n  ashlar documents import countries countries.json --id-field cca3")
    .action(run(importFile))
}

async function importFile(cli: Cli, collection: string, file: string, options: ImportOptions): Promise<Outcome> {
  const all = requireDocuments(await readJsonFile(cli.io, file), file)
  const { idField, skip } = options
  const ids = idField === undefined ? undefined : requireIds(all, idField)
  const documents = cli.admin({ patient: true }).documents(cli.project(), collection)
  const startedAtMs = performance.now()
  const progress = cli.progress(`Importing into ${collection}`, Math.max(1, all.length - skip))
  // Everything before this is stored: where the import goes on if it stops.
  let stored = Math.min(skip, all.length)
  try {
    for (const batch of toBatches(all, stored, ids === undefined ? options.batch : PARALLEL)) {
      cli.io.signal.throwIfAborted()
      if (ids === undefined) await documents.insertMany(batch)
      else await replaceAll(documents, batch, ids.slice(stored, stored + batch.length))
      stored += batch.length
      progress.advance(batch.length)
    }
  } catch (cause) {
    const resume = resumeCommand(collection, file, options, stored)
    throw stopped(cause, { stored, total: all.length, resume, isRepeatable: ids !== undefined })
  } finally {
    progress.end()
  }
  const { value: count, exact } = await documents.where().count()
  const imported = all.length - Math.min(skip, all.length)
  const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1)
  return {
    value: { collection, imported, skipped: Math.min(skip, all.length), count, exact },
    text: `Imported ${plural(imported, "document")} in ${seconds} s. ${collection} holds ${exact ? "" : "at least "}${plural(count, "document")} now.`,
  }
}

function requireDocuments(value: unknown, file: string): readonly JsonObject[] {
  if (!Array.isArray(value))
    throw new InputInvalid(`Expected ${file} to hold an array of objects, got ${kindOf(value)}.`)
  return value.map((item, at) => {
    if (isObject(item)) return item
    throw new InputInvalid(
      `Expected element ${at + 1} of ${file} to be an object, got ${kindOf(item)}. Nothing was stored.`,
    )
  })
}

/** All ids, checked before the first document is sent. */
function requireIds(documents: readonly JsonObject[], path: string): readonly string[] {
  const seen = new Map<string, number>()
  return documents.map((document, at) => {
    const value = path.split(".").reduce<unknown>((inner, key) => (isObject(inner) ? inner[key] : undefined), document)
    const id = typeof value === "number" ? String(value) : value
    if (typeof id !== "string" || id === "")
      throw new InputInvalid(
        `Expected element ${at + 1} to have an id in ${path}, got ${JSON.stringify(value)}. Nothing was stored.`,
      )
    const first = seen.get(id)
    if (first !== undefined)
      throw new InputInvalid(
        `Elements ${first + 1} and ${at + 1} have the same ${path}: ${JSON.stringify(id)}. Nothing was stored.`,
      )
    seen.set(id, at)
    return id
  })
}

/** Cuts by number and by size, whichever comes first. */
export function* toBatches(
  documents: readonly JsonObject[],
  from: number,
  maxCount: number,
): Generator<readonly JsonObject[]> {
  let batch: JsonObject[] = []
  let bytes = 0
  for (let at = from; at < documents.length; at++) {
    const document = documents[at]!
    const size = Buffer.byteLength(JSON.stringify(document))
    if (batch.length > 0 && (batch.length === maxCount || bytes + size > MAX_BATCH_BYTES)) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(document)
    bytes += size
  }
  if (batch.length > 0) yield batch
}

async function replaceAll(
  documents: Collection<JsonObject>,
  batch: readonly JsonObject[],
  ids: readonly string[],
): Promise<void> {
  const results = await Promise.allSettled(batch.map((document, at) => documents.replace(ids[at]!, document)))
  const failed = results.findIndex(({ status }) => status === "rejected")
  const result = results[failed]
  if (result?.status !== "rejected") return
  const { reason } = result
  throw isRequestError(reason) ? withMessage(reason, `Document ${ids[failed]}: ${reason.message}`) : reason
}

interface Stop {
  readonly stored: number
  readonly total: number
  readonly resume: string
  /** True when storing a document twice changes nothing. */
  readonly isRepeatable: boolean
}

/** The same error, and how to go on. */
function stopped(cause: unknown, { isRepeatable, ...stop }: Stop): unknown {
  const { stored, total, resume } = stop
  const lines = [`Stored ${stored} of ${plural(total, "document")} before. Go on with: ${resume}`]
  if (!isRepeatable && isRequestError(cause) && cause.status === 0)
    lines.push("The batch under way may have been stored all the same: compare the count first.")
  if (isRequestError(cause)) return withMessage(cause, [cause.message, ...lines].join("\n"), stop)
  return cause instanceof Interrupted
    ? new Interrupted(["Stopped.", ...lines].join("\n"), { details: { ...stop } })
    : cause
}

function withMessage(cause: AshlarRequestError, message: string, more: object = {}): AshlarRequestError {
  const { code, status, requestId, errors, details } = cause
  return new AshlarRequestError(code, message, { status, requestId, errors, details: { ...details, ...more }, cause })
}

function resumeCommand(collection: string, file: string, options: ImportOptions, stored: number): string {
  const { idField, batch } = options
  const field = idField === undefined ? "" : ` --id-field ${idField}`
  return `ashlar documents import ${collection} ${file}${field} --batch ${batch} --skip ${stored}`
}
