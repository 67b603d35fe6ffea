import { AshlarRequestError, type Count, type Document, type JsonObject, type QueryRequest } from "@ashlar/sdk"
import type { Command } from "commander"
import type { Cli, Outcome } from "../cli.ts"
import { InputInvalid } from "../errors.ts"
import { isObject, kindOf, readJson, readJsonObject } from "../json-input.ts"
import { commaList, type Run, wholeNumber } from "../program.ts"
import { plural, printable, toFacts } from "../text.ts"

interface PageFlags {
  readonly limit?: number
  readonly cursor?: string
  readonly sort?: string[]
  readonly select?: string[]
}

interface QueryFlags extends PageFlags {
  readonly where?: string
  readonly count?: boolean
  readonly explain?: boolean
}

const jsonArgument = "the JSON text, @file, or - for standard input"

/** `documents list|query|get|insert|update|delete`; answers the noun, so that `import` can join it. */
export function registerDocuments(program: Command, run: Run): Command {
  const documents = program.command("documents").description("the documents of a collection")
  withPage(documents.command("list").description("documents, page by page").argument("<collection>")).action(run(query))
  withPage(
    documents
      .command("query")
      .description("the documents that match a filter")
      .argument("<collection>")
      .option("--where <json>", `the filter: ${jsonArgument}`)
      .option("--count", "also count all that match")
      .option("--explain", "say how the server would run it, instead of running it")
      .addHelpText(
        "after",
        `
Examples:
  ashlar documents query countries --where '{"region":"Europe","area":{"$gte":100000}}' --sort -area
  ashlar documents query countries --where @filter.json --select name.common,area --json`,
      ),
  ).action(run(query))
  documents.command("get").description("one document").argument("<collection>").argument("<id>").action(run(get))
  documents
    .command("insert")
    .description("store a new document, or an array of at most 1,000 as one step")
    .argument("<collection>")
    .argument("<json>", jsonArgument)
    .addHelpText("after", `\nExample:\n  ashlar documents insert todos '{"title":"cut stone","done":false}'`)
    .action(run(insert))
  documents
    .command("update")
    .description("change fields: by operators like $set, or by a merge patch")
    .argument("<collection>")
    .argument("<id>")
    .argument("<json>", jsonArgument)
    .option("--replace", "put the JSON in place of the whole document, or create it")
    .option(
      "--rev <revision>",
      "only while the document still has this revision",
      wholeNumber(1, Number.MAX_SAFE_INTEGER),
    )
    .addHelpText("after", `\nExample:\n  ashlar documents update todos 0192... '{"$set":{"done":true}}' --rev 3`)
    .action(run(update))
  documents
    .command("delete")
    .description("delete one document")
    .argument("<collection>")
    .argument("<id>")
    .option(
      "--rev <revision>",
      "only while the document still has this revision",
      wholeNumber(1, Number.MAX_SAFE_INTEGER),
    )
    .action(run(remove))
  return documents
}

function withPage(command: Command): Command {
  return command
    .option("--limit <count>", "at most so many", wholeNumber(1, 1_000))
    .option("--cursor <cursor>", "the page after this one; from `next` of the page before")
    .option("--sort <paths>", "sort by these, like -area,name", commaList)
    .option("--select <paths>", "only these fields, like name.common,area", commaList)
}

async function query(cli: Cli, collection: string, flags: QueryFlags): Promise<Outcome> {
  const { where, explain, count, ...page } = flags
  const documents = cli.documents(collection)
  const request: QueryRequest = {
    ...page,
    ...(where === undefined ? {} : { where: await readJsonObject(cli.io, where, "--where") }),
    ...(count ? { count } : {}),
  }
  if (explain) {
    const explanation = await documents.explain(request)
    const { sql, plan, index, scan, sorted } = explanation
    const looksAt = scan ? "every document" : "what the index finds"
    const text = toFacts({ index: index ?? "none", "looks at": looksAt, sorted, plan: plan.join("; "), sql })
    return { value: explanation, text }
  }
  const found = await documents.query(request)
  const lines = found.items.map(toLine)
  if (found.next !== null) cli.note(`More: --cursor ${found.next}`)
  if (found.count) cli.note(`${showCount(found.count)} in all`)
  return { value: found, text: lines.length === 0 ? "No documents." : lines.join("\n") }
}

/** One document on one line: easy to read, to search and to cut. */
function toLine({ id, rev, data }: Document): string {
  return printable(`${id}  ${rev}  ${JSON.stringify(data)}`)
}

function showCount({ value, exact }: Count): string {
  return `${exact ? "" : "at least "}${plural(value, "document")}`
}

function toText(document: Document<JsonObject>): string {
  const { id, rev, createdAt, updatedAt, data } = document
  const facts = toFacts({ id, revision: rev, created: createdAt, updated: updatedAt })
  return `${facts}\n\n${printable(JSON.stringify(data, null, 2))}`
}

async function get(cli: Cli, collection: string, id: string): Promise<Outcome> {
  const document = await cli.documents(collection).get(id)
  if (document === null) {
    const message = `Collection ${collection} has no document ${id}.`
    throw new AshlarRequestError("DOCUMENTS_NOT_FOUND", message, { status: 404 })
  }
  return { value: document, text: toText(document) }
}

async function insert(cli: Cli, collection: string, argument: string): Promise<Outcome> {
  const input = await readJson(cli.io, argument, "the document")
  const documents = cli.documents(collection)
  if (Array.isArray(input)) {
    const items = await documents.insertMany(input.map((item, at) => requireObject(item, `document ${at + 1}`)))
    return { value: items, text: items.map(({ id }) => id).join("\n") }
  }
  const document = await documents.insert(requireObject(input, "the document"))
  return { value: document, text: document.id }
}

function requireObject(value: unknown, what: string): JsonObject {
  if (!isObject(value)) throw new InputInvalid(`Expected ${what} to be a JSON object, got ${kindOf(value)}.`)
  return value
}

async function update(
  cli: Cli,
  collection: string,
  id: string,
  argument: string,
  options: { readonly replace?: boolean; readonly rev?: number },
): Promise<Outcome> {
  const change = await readJsonObject(cli.io, argument, "the change")
  const { replace, ...write } = options
  const documents = cli.documents(collection)
  const document = replace ? await documents.replace(id, change, write) : await documents.patch(id, change, write)
  return { value: document, text: toText(document) }
}

async function remove(cli: Cli, collection: string, id: string, options: { readonly rev?: number }): Promise<Outcome> {
  await cli.documents(collection).delete(id, options)
  return { value: { id, deleted: true }, text: `Deleted ${id}.` }
}
