import type * as FastCheck from "fast-check"
import { type Breakage, breakagesOf, broken, toPointer } from "./breakage.ts"
import { isRecord, type SchemaPlace } from "./json-schema.ts"
import { PARTS, type PartName, type RouteShape, rootOf } from "./route-shape.ts"
import { anyText, NASTY_TEXTS } from "./texts.ts"
import { anyValue, type ValueMaker, valuesOf } from "./values.ts"

/** A field of a form, or a file in one. */
export type FormPart =
  | { readonly name: string; readonly text: string }
  | { readonly name: string; readonly filename: string; readonly type: string; readonly text: string }

export type PlannedBody =
  | { readonly kind: "text"; readonly type: string | undefined; readonly text: string }
  | { readonly kind: "bytes"; readonly type: string | undefined; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: "form"; readonly pairs: readonly (readonly [string, string])[] }
  | { readonly kind: "multipart"; readonly parts: readonly FormPart[] }

/** What was made wrong in a request that was right before. */
export interface Broken extends Pick<Breakage, "what" | "isGross"> {
  readonly in: PartName
  readonly pointer: string
}

/** A request before it is one. */
export interface RequestPlan {
  readonly method: string
  readonly params: Readonly<Record<string, string>>
  readonly query: readonly (readonly [string, string])[]
  readonly headers: Readonly<Record<string, string>>
  readonly cookies: Readonly<Record<string, string>>
  readonly body: PlannedBody | undefined
  readonly broken: Broken | undefined
  /** The same before that was done. */
  readonly before: RequestPlan | undefined
}

/** Bodies that are no JSON, or JSON that parsers have stumbled over. */
const RAW_BODIES: readonly PlannedBody[] = [
  ...[
    "",
    "{",
    '{"a":',
    "[1,]",
    "nul",
    "null",
    "[]",
    '"text"',
    "{}",
    "-0",
    "1e400",
    '{"a":1,"a":2}',
    '"\\ud800"',
    "\ufeff{}",
  ].map(jsonText),
  jsonText('{"__proto__":{"polluted":"yes"},"constructor":{"prototype":{"polluted":"yes"}}}'),
  jsonText(`${"[".repeat(3000)}${"]".repeat(3000)}`),
  jsonText(`${'{"a":'.repeat(1500)}1${"}".repeat(1500)}`),
  { kind: "text", type: undefined, text: "{}" },
  { kind: "text", type: "text/plain", text: "{}" },
  { kind: "text", type: "application/xml", text: "<a/>" },
  { kind: "text", type: "multipart/form-data", text: "no boundary" },
  { kind: "text", type: "multipart/form-data; boundary=x", text: "--x\r\nno headers" },
  { kind: "text", type: "application/x-www-form-urlencoded", text: "a=%ff&__proto__=1&a=2&=&%" },
  { kind: "bytes", type: "application/json", bytes: new Uint8Array([0x22, 0xff, 0xfe, 0x22]) },
  { kind: "bytes", type: "application/x-www-form-urlencoded", bytes: new Uint8Array([0x61, 0x3d, 0xff]) },
]

function jsonText(text: string): PlannedBody {
  return { kind: "text", type: "application/json", text }
}

/** What files are called that nobody should take for a path, a type or markup. */
const FILENAMES: readonly string[] = [
  "a.png",
  "a",
  ".",
  "../../evil.sh",
  "C:\\\\a.txt",
  "ä 🧱.txt",
  "<b>.html",
  "a.png.exe",
  ".htaccess",
]

/** Headers that servers read by themselves, with what may stand in them. */
const HEADER_NOISE: readonly (readonly [string, string])[] = [
  ...["accept", "if-match", "if-none-match", "if-modified-since", "range", "last-event-id", "idempotency-key"].flatMap(
    (name) => ["", "*", '"1"', "garbage,;=", "\u00e9"].map((value) => [name, value] as const),
  ),
  ["accept", "text/html"],
  ["accept", "application/*;q=0, */*;q=2"],
  ["accept-encoding", "br;q=x, gzip"],
  ["range", "bytes=-0"],
  ["range", "bytes=5-2,1-"],
  ["if-none-match", 'W/"0'],
  ["cookie", "a; =b; __proto__=1; c=%ff"],
  ["authorization", "Bearer"],
  ["authorization", "Basic ????"],
  ["x-forwarded-for", "not an address"],
  ["forwarded", "for=;;="],
  ["traceparent", "00-zz"],
  ["content-language", "xx"],
  ["origin", "null"],
]

const METHODS_OF_ALL: readonly string[] = ["GET", "POST", "PUT", "PATCH", "DELETE"]

interface Source {
  readonly method: string
  readonly parts: Readonly<Partial<Record<PartName, unknown>>>
  readonly multipart: unknown
  readonly mode: "plain" | "broken" | "raw"
  readonly pick: number
  readonly choice: number
  readonly raw: PlannedBody
  readonly asForm: boolean
  readonly noise: readonly (readonly [string, string])[]
  readonly header: readonly [string, string] | undefined
}

/** Requests for a route: good ones, ones with one thing wrong, and ones that are no requests for it at all. */
export function plansFor(maker: ValueMaker, shape: RouteShape): FastCheck.Arbitrary<RequestPlan> {
  const { fc } = maker
  const { record, places, multipart } = shape
  const drawn = PARTS.flatMap((part) => {
    const place = places[part]
    return place === undefined ? [] : [[part, valuesOf(maker, place)] as const]
  })
  const bodies = places.body === undefined ? { body: fc.option(anyValue(fc), { nil: undefined }) } : {}
  // What is found is tried again with the first of the kinds, the plain one.
  const first = { withCrossShrink: true } as const
  const few = <T>(one: FastCheck.Arbitrary<T>) =>
    fc.oneof(first, { arbitrary: fc.constant(undefined), weight: 6 }, { arbitrary: one, weight: 1 })
  return fc
    .record<Source>({
      method: record.method === "*" ? fc.constantFrom(...METHODS_OF_ALL) : fc.constant(record.method),
      parts: fc.record({ ...bodies, ...Object.fromEntries(drawn) }),
      multipart: multipart === undefined ? fc.constant(undefined) : valuesOf(maker, multipart),
      mode: fc.oneof(
        first,
        { arbitrary: fc.constant("plain" as const), weight: 4 },
        { arbitrary: fc.constant("broken" as const), weight: 4 },
        { arbitrary: fc.constant("raw" as const), weight: 2 },
      ),
      pick: fc.nat({ max: 1000 }),
      choice: fc.nat({ max: 10_000 }),
      raw: fc.constantFrom(...RAW_BODIES),
      asForm: fc.nat({ max: 9 }).map((one) => one === 9),
      noise: fc.oneof(
        first,
        { arbitrary: fc.constant([]), weight: 5 },
        {
          arbitrary: fc.array(
            fc.tuple(fc.constantFrom("page", "q", "__proto__", ...NASTY_TEXTS.slice(0, 12)), anyText(fc)),
            { maxLength: 3 },
          ),
          weight: 1,
        },
      ),
      header: few(fc.constantFrom(...HEADER_NOISE)),
    })
    .map((source) => toPlan(shape, source))
}

function toPlan(shape: RouteShape, source: Source): RequestPlan {
  const { method, mode, parts } = source
  const hasBody = method !== "GET" && method !== "HEAD"
  if (mode !== "broken") return planOf(shape, source, parts)
  const [other, broken] = breakOne(shape, source, hasBody)
  return { ...planOf(shape, source, other), broken, before: planOf(shape, source, parts) }
}

function planOf({ places, multipart }: RouteShape, source: Source, parts: Source["parts"]): RequestPlan {
  const { method, mode, noise, header } = source
  const hasBody = method !== "GET" && method !== "HEAD"
  const isRaw = mode === "raw" && hasBody
  const form =
    multipart === undefined
      ? undefined
      : formParts(mode === "broken" ? brokenForm(multipart, source) : source.multipart)
  return {
    method,
    params: textsOf(parts.params),
    query: [...pairsOf(parts.query), ...(places.query === undefined && mode !== "broken" ? noise : [])].map(
      ([name, value]) => [name.toWellFormed(), value.toWellFormed()] as const,
    ),
    headers: {
      ...headersOf(parts.headers),
      ...(header !== undefined && mode !== "broken" && { [header[0]]: header[1] }),
    },
    cookies: Object.fromEntries(Object.entries(textsOf(parts.cookies)).filter(([name]) => isToken(name))),
    body: !hasBody ? undefined : isRaw ? source.raw : (form ?? bodyOf(parts.body, source.asForm)),
    broken: undefined,
    before: undefined,
  }
}

/** What a layer reads is checked by no schema of the route's: a form is made wrong, and nobody says beforehand how it is refused. */
function brokenForm(place: SchemaPlace, { multipart, choice }: Source): unknown {
  const found = breakagesOf(place, multipart)
  const one = found[choice % found.length]
  return one === undefined ? multipart : broken(multipart, one)
}

function breakOne(
  { places, schemas }: RouteShape,
  { parts, pick, choice }: Source,
  hasBody: boolean,
): [Source["parts"], Broken | undefined] {
  // Parameters that no schema is asked about are text, whatever it is.
  const isAsked = (part: PartName): boolean => schemas[part] !== undefined || part !== "params"
  const options = PARTS.filter((part) => places[part] !== undefined && isAsked(part) && (part !== "body" || hasBody))
  const part = options[pick % options.length]
  if (part === undefined) return [parts, undefined]
  const found = breakagesOf(places[part]!, parts[part])
  const one = found[choice % found.length]
  if (one === undefined) return [parts, undefined]
  const { path, what, isGross } = one
  return [
    { ...parts, [part]: broken(parts[part], one) },
    { in: part, pointer: toPointer(path), what, isGross },
  ]
}

function bodyOf(value: unknown, asForm: boolean): PlannedBody | undefined {
  if (value === undefined) return undefined
  if (asForm && isRecord(value)) return { kind: "form", pairs: pairsOf(value) }
  return jsonText(JSON.stringify(value))
}

/** A value as the text of a query or a form: lists repeat the name, objects put theirs in brackets. */
function pairsOf(value: unknown): (readonly [string, string])[] {
  if (!isRecord(value)) return value === undefined ? [] : [["value", textOf(value)]]
  return Object.entries(value).flatMap(([name, one]) => pairsOfMember(name, one))
}

function pairsOfMember(name: string, value: unknown): (readonly [string, string])[] {
  if (value === undefined) return []
  if (Array.isArray(value)) return value.map((item) => [name, textOf(item)] as const)
  if (!isRecord(value) || Object.keys(value).length === 0) return [[name, textOf(value)]]
  return Object.entries(value).flatMap(([key, one]) => pairsOfMember(`${name}[${key}]`, one))
}

function textOf(value: unknown): string {
  if (typeof value === "string") return value
  return value === null ? "" : typeof value === "object" ? JSON.stringify(value) : String(value)
}

function textsOf(value: unknown): Record<string, string> {
  return isRecord(value)
    ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name, textOf(one).toWellFormed()]))
    : {}
}

function isToken(name: string): boolean {
  return /^[\w!#$%&'*+.^`|~-]+$/.test(name)
}

/** Header fields carry visible ASCII; the rest could not be sent. */
function headersOf(value: unknown): Record<string, string> {
  const sendable = Object.entries(textsOf(value)).filter(([name]) => isToken(name) && name !== "__proto__")
  return Object.fromEntries(
    sendable.map(([name, text]) => [name.toLowerCase(), text.replace(/[^\x20-\x7e]/g, "?").trim()]),
  )
}

function formParts(value: unknown): PlannedBody {
  const parts = Object.entries(isRecord(value) ? value : {}).flatMap(([name, one]) =>
    (Array.isArray(one) ? one : [one]).map(
      (item): FormPart => ({ name: name.toWellFormed(), text: textOf(item).toWellFormed() }),
    ),
  )
  return { kind: "multipart", parts }
}

/** Turns those fields of a form into files that its schema says are files. */
export function withFiles(shape: RouteShape, body: PlannedBody): PlannedBody {
  if (body.kind !== "multipart" || shape.multipart === undefined) return body
  const { properties } = rootOf(shape.multipart.schema).schema as {
    readonly properties?: Readonly<Record<string, unknown>>
  }
  const typeOf = (name: string): string | undefined => {
    const field = properties?.[name]
    const item = isRecord(field) && isRecord(field.items) ? field.items : field
    return isRecord(item) && typeof item.contentMediaType === "string" ? item.contentMediaType : undefined
  }
  const parts = body.parts.map((part): FormPart => {
    const type = typeOf(part.name)
    const filename = FILENAMES[part.text.length % FILENAMES.length]!
    return type === undefined ? part : { name: part.name, filename, type, text: part.text }
  })
  return { kind: "multipart", parts }
}
