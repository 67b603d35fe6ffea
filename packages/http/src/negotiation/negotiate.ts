import type { DeclaredBy } from "@ashlar/core"
import { preferred } from "../accept.ts"
import type { BaseContext } from "../context/context.ts"
import { NotAcceptable } from "../errors.ts"
import { type Failure, fail } from "../failure.ts"
import { type Layer, layer } from "../layer.ts"
import { remembered } from "../remembered.ts"
import { answerHeader } from "../reply/answer-header.ts"
import { JSON_TYPE, kindOf, type Reply, TEXT } from "../reply/reply.ts"
import { addVary } from "../reply/vary.ts"
import { andThen, type MaybePromise } from "../step.ts"
import { type Format, textFormat, xmlFormat, yamlFormat } from "./format.ts"
import type { XmlOptions } from "./xml.ts"

export interface NegotiateOptions {
  /** `application/xml` and `text/xml`, by the package `fast-xml-parser`, which is to be installed. Default false. */
  readonly xml?: boolean | XmlOptions
  /** `application/yaml` and its older names, by the package `yaml`, which is to be installed. Default false. */
  readonly yaml?: boolean
  /** `text/plain`: JSON in lines, for people. Default false. */
  readonly text?: boolean
  /** Others, by their content type: `{ "text/csv;charset=utf-8": (value) => toCsv(value) }`. */
  readonly types?: Readonly<Record<string, Format>>
}

interface Offer {
  /** What `Accept` is compared with. */
  readonly type: string
  /** What the answer says it is. */
  readonly contentType: string
  /** Undefined: as it would be without this layer. */
  readonly format: Format | undefined
}

/** Different headers that are remembered; clients send a handful. */
const MAX_HEADERS = 100

/**
 * A layer that answers with values as the caller wants them (`Accept`): JSON, which stays the first choice, and the
 * formats that are switched on. Only values are formatted: texts, bytes, streams and answers with a type of their own
 * stay what they are. A reader who takes no format gets 406 with the list; a write is done by then, and answered with JSON.
 * A strong `ETag` becomes weak in the other formats; put `etag()` outside, and each has its own.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1
 * @example
 * app.scope("/api", [negotiate({ xml: { root: "order" }, yaml: true })], (api) => {
 *   api.get("/orders/:id", (ctx) => orders.get(ctx.params.id))
 * })
 */
export function negotiate(options: NegotiateOptions = {}): Layer<unknown, DeclaredBy<typeof NotAcceptable>> {
  const offers = offersOf(options)
  const choose = remembered(MAX_HEADERS, (header) => {
    const type = preferred(
      offers.map((offer) => offer.type),
      header,
    )
    return offers.find((offer) => offer.type === type)
  })
  const after = (ctx: BaseContext, reply: Reply): MaybePromise<Reply | Failure | undefined> => {
    const { status, value, contentType } = reply
    if (status === 304) {
      addVary(ctx, reply, "accept")
      if (choose(ctx.headers.get("accept") ?? "")?.format !== undefined) weakenTag(ctx, reply)
      return undefined
    }
    if (kindOf(value) !== "json" || (contentType !== undefined && contentType !== JSON_TYPE)) return undefined
    addVary(ctx, reply, "accept")
    const offer = choose(ctx.headers.get("accept") ?? "")
    if (offer?.format !== undefined) {
      weakenTag(ctx, reply)
      return andThen(offer.format(value), (body) => reply.withBody(body, offer.contentType))
    }
    if (offer !== undefined || !READS.has(ctx.method)) return undefined
    const types = offers.map((one) => one.type)
    return fail(NotAcceptable, `This address can be had as ${types.join(", ")}`, { types })
  }
  return layer({ name: "negotiate", errors: [NotAcceptable], after })
}

/** A strong tag from within this layer is that of the JSON. @see https://www.rfc-editor.org/rfc/rfc9110#section-8.8.1 */
function weakenTag(ctx: BaseContext, reply: Reply): void {
  const tag = answerHeader(ctx, reply, "etag")
  if (tag?.startsWith('"') === true) ctx.set("etag", `W/${tag}`)
}

const READS: ReadonlySet<string> = new Set(["GET", "HEAD", "QUERY"])

function offersOf({ xml = false, yaml = false, text = false, types = {} }: NegotiateOptions): readonly Offer[] {
  const offers: Offer[] = [{ type: JSON_TYPE, contentType: JSON_TYPE, format: undefined }]
  const add = (format: Format, ...contentTypes: readonly string[]): void => {
    for (const contentType of contentTypes)
      offers.push({ type: contentType.split(";", 1)[0]!.trim().toLowerCase(), contentType, format })
  }
  if (xml !== false) add(xmlFormat(xml === true ? {} : xml), "application/xml;charset=utf-8", "text/xml;charset=utf-8")
  if (yaml) add(yamlFormat(), "application/yaml", "text/yaml;charset=utf-8", "application/x-yaml")
  if (text) add(textFormat, TEXT)
  for (const [contentType, format] of Object.entries(types)) add(format, contentType)
  return offers
}
