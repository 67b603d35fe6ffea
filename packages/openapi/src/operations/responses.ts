import {
  type AnySchema,
  BodyInvalid,
  BodyTooLarge,
  Invalid,
  RequestTimeout,
  type RouteRecord,
  UnsupportedMediaType,
  UpgradeRequired,
  VersionUnknown,
} from "@ashlar/http"
import { defined, type Json } from "../json.ts"
import type { Components } from "../schemas/components.ts"
import { nameOf } from "./parameters.ts"
import { type AnswerErrors, anyProblem, type ErrorKind, problemContent } from "./problems.ts"
import { examplesOf, mediaTypes, readsBody } from "./request-body.ts"
import { isSchema, notesOf, type ResponseNotes } from "./route-notes.ts"

/** Every answer of a route by its status: what it declares, what its notes say, and its errors. */
export function responsesOf(
  record: RouteRecord,
  components: Components,
  answerOf: AnswerErrors = () => undefined,
): Json {
  const responses: Record<string, Json> = {}
  const add = (status: string, response: Json): void => {
    responses[status] = responses[status] === undefined ? response : both(responses[status], response)
  }
  for (const [status, response] of successes(record, components)) add(status, response)
  const errors = errorsOf(record).map((kind) => ({ kind, answer: answerOf(kind) }))
  for (const [status, told] of Map.groupBy(errors, ({ kind, answer }) => answer?.status ?? kind.status))
    for (const [schema, all] of Map.groupBy(told, ({ answer }) => answer?.schema)) {
      const kinds = all.map(({ kind }) => kind)
      const content =
        schema === undefined ? problemContent(kinds, components) : jsonContent(schema, record, components, status)
      add(String(status), failure(status, kinds, content))
    }
  add("default", { description: "Any other error", content: anyProblem(components) })
  return responses
}

/** What was declared and what errors share a status are alternatives. */
function both(first: Json, second: Json): Json {
  return {
    ...first,
    description: `${first.description as string}\n\n${second.description as string}`,
    content: { ...(first.content as Json), ...(second.content as Json) },
  }
}

function* successes(record: RouteRecord, components: Components): Generator<[string, Json]> {
  const { responses = {}, events } = notesOf(record)
  const constants = constantHeaders(record)
  if (record.websocket !== undefined)
    yield ["101", { description: "The connection is a WebSocket now; see the AsyncAPI document.", headers: constants }]
  for (const [status, schema] of record.output) {
    const content = schema === null ? undefined : jsonContent(schema, record, components, status)
    yield [String(status), response(status, responses[status], { content, constants, record, components })]
  }
  if (events !== undefined) yield ["200", eventStream(record, constants, components)]
  for (const [status, notes] of Object.entries(responses))
    if (!record.output.has(Number(status)))
      yield [status, response(Number(status), notes, { content: undefined, constants, record, components })]
  const isSaid = record.output.size > 0 || events !== undefined || Object.keys(responses).length > 0
  if (!isSaid && record.websocket === undefined)
    yield ["2XX", { description: "What the handler answers; it is not described.", ...headersIn(constants) }]
}

interface Parts {
  readonly content: Json | undefined
  readonly constants: Json
  readonly record: RouteRecord
  readonly components: Components
}

function response(status: number, notes: ResponseNotes | undefined, parts: Parts): Json {
  const { constants, record, components } = parts
  const write = (schema: AnySchema): Json => components.schema(schema, "output", `${nameOf(record)} ${status}`)
  const content = notes?.content === undefined ? parts.content : mediaTypes(notes.content, write)
  const examples = examplesOf(notes?.examples)
  const headers = Object.entries(notes?.headers ?? {}).map(([name, schema]) => [
    name,
    { schema: isSchema(schema) ? write(schema) : schema },
  ])
  return defined({
    description: notes?.description ?? PHRASES[status] ?? "Done",
    ...headersIn({ ...constants, ...Object.fromEntries(headers) }),
    content:
      content &&
      Object.fromEntries(Object.entries(content).map(([type, media]) => [type, { ...(media as Json), ...examples }])),
  })
}

/** Text goes as text, everything else as JSON; who asks for a version by `Accept` gets the vendor's type. */
function jsonContent(schema: AnySchema, record: RouteRecord, components: Components, status: number): Json {
  const written = components.schema(schema, "output", `${nameOf(record)} ${status}`)
  if (written.type === "string") return { "text/plain": { schema: written } }
  const mark = record.layers.find((layer) => layer.version !== undefined)?.version
  const media = mark?.policy.mediaType
  return {
    "application/json": { schema: written },
    ...(media !== undefined && { [`${media};version=${mark!.name}`]: { schema: written } }),
  }
}

/** Events one after the other, which OpenAPI 3.1 has no word for: a text, and what the data in it may be, by the event's name. */
function eventStream(record: RouteRecord, constants: Json, components: Components): Json {
  const { events = {} } = notesOf(record)
  const data = Object.entries(events).map(([name, schema]) => ({
    title: name,
    ...components.schema(schema, "output", `${nameOf(record)} event ${name}`),
  }))
  const schema = {
    type: "string",
    contentMediaType: "application/json",
    contentSchema: data.length === 1 ? data[0] : { anyOf: data },
  }
  return {
    description: "A stream of server-sent events; see the AsyncAPI document.",
    ...headersIn(constants),
    content: { "text/event-stream": { schema } },
  }
}

/** The headers that layers give every answer. */
function constantHeaders({ layers }: RouteRecord): Json {
  const constants = Object.assign({}, ...layers.map(({ headers }) => headers)) as Record<string, string>
  return Object.fromEntries(
    Object.entries(constants).map(([name, value]) => [
      name.toLowerCase(),
      { schema: { type: "string", const: value } },
    ]),
  )
}

function headersIn(headers: Json): Json {
  return Object.keys(headers).length === 0 ? {} : { headers }
}

/** The errors that a route declares with its layers, and those that the framework answers for it. */
function errorsOf(record: RouteRecord): readonly ErrorKind[] {
  const { params, query, headers, cookies, body } = record.input
  const checks = [params, query, headers, cookies, body]
  const isVersioned = record.layers.some(({ version }) => version !== undefined && !version.policy.isByPath)
  const own: readonly ErrorKind[] = [
    ...(checks.some((schema) => schema !== undefined) ? [Invalid] : []),
    ...(body !== undefined ? [BodyInvalid, UnsupportedMediaType] : []),
    ...(readsBody(record) ? [BodyTooLarge] : []),
    ...(record.timeoutMs !== undefined ? [RequestTimeout] : []),
    ...(record.websocket !== undefined ? [UpgradeRequired] : []),
    ...(isVersioned ? [VersionUnknown] : []),
  ]
  const all = new Map<string, ErrorKind>([...record.errors, ...own].map((kind) => [kind.code, kind]))
  return [...all.values()].sort((a, b) => a.status - b.status || (a.code < b.code ? -1 : 1))
}

function failure(status: number, kinds: readonly ErrorKind[], content: Json): Json {
  return {
    description: kinds.map(({ code, summary }) => `\`${code}\`: ${summary}`).join("\n\n"),
    ...headersIn(PROBLEM_HEADERS[status] ?? {}),
    content,
  }
}

const PROBLEM_HEADERS: Readonly<Record<number, Json>> = {
  401: { "www-authenticate": { description: "The scheme to use", schema: { type: "string" } } },
  429: { "retry-after": { description: "Seconds to wait", schema: { type: "integer", minimum: 1 } } },
}

const PHRASES: Readonly<Record<number, string>> = {
  200: "OK",
  201: "Created",
  202: "Accepted",
  204: "No content",
  206: "A part of it",
  301: "Moved for good",
  302: "Found elsewhere",
  303: "See another address",
  304: "Not modified: what the caller has is as it is here",
  307: "Moved for now",
  308: "Moved for good",
}
