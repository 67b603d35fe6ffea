import type { BaseContext } from "../context/context.ts"
import { BodyInvalid, Invalid, UnsupportedMediaType } from "../errors.ts"
import type { RequestIssue } from "../request-issue.ts"
import { type AnySchema, type Out, PartSchema } from "../schema.ts"
import { type ReadLinesOptions, readLines } from "./read-lines.ts"

export interface ReadNdjsonOptions<S extends AnySchema = AnySchema> extends ReadLinesOptions {
  /** Checks each value and gives what it makes of it. Default: values come as they are. */
  readonly schema?: S
}

const TYPES: ReadonlySet<string> = new Set([
  "application/x-ndjson",
  "application/ndjson",
  "application/jsonl",
  "application/x-jsonlines",
  "application/jsonlines",
])

/**
 * The values of a newline-delimited JSON body, one a line, as they come; empty lines are passed over. Reading goes as fast
 * as the values are taken, so a slow loop slows the sender down.
 * @throws {HTTP_UNSUPPORTED_MEDIA_TYPE} @throws {HTTP_BODY_INVALID} @throws {HTTP_INVALID} @throws {HTTP_LINE_TOO_LONG}
 * @throws {HTTP_BODY_TOO_LARGE} all of them while it is iterated. Details and pointers name the line.
 * @example
 * app.post("/import", async (ctx) => {
 *   let count = 0
 *   for await (const order of readNdjson(ctx, { schema: Order, maxBytes: 2 ** 30 })) count += await orders.add(order)
 *   return { count }
 * })
 */
export async function* readNdjson<S extends AnySchema = AnySchema>(
  ctx: BaseContext,
  options: ReadNdjsonOptions<S> = {},
): AsyncGenerator<Out<S>> {
  const header = ctx.headers.get("content-type")
  const type = header === null ? "" : header.split(";", 1)[0]!.trim().toLowerCase()
  if (!TYPES.has(type)) {
    const got = header === null ? "none" : JSON.stringify(header)
    throw new UnsupportedMediaType(`Expected Content-Type application/x-ndjson, got ${got}`)
  }
  const schema = options.schema && new PartSchema("body", options.schema)
  let number = 0
  for await (const line of readLines(ctx, options)) {
    number++
    if (line.trim() === "") continue
    const value = parse(line, number)
    yield (schema === undefined ? value : await check(schema, value, number)) as Out<S>
  }
}

/** Only the line is said: a parser's message quotes the body, and the body may hold secrets. */
function parse(text: string, line: number): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new BodyInvalid(`Line ${line} is not valid JSON`, { details: { line } })
  }
}

async function check(schema: PartSchema, value: unknown, line: number): Promise<unknown> {
  const checked = await schema.check(value)
  if (checked.issues === undefined) return checked.value
  const errors: RequestIssue[] = checked.issues.map((issue) => ({ ...issue, pointer: `/${line - 1}${issue.pointer}` }))
  throw new Invalid(`Line ${line}: ${errors[0]?.message ?? "the value is not acceptable"}`, {
    details: { line, errors },
  })
}
