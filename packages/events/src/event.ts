import type { StandardIssue, StandardSchemaV1 } from "@ashlar/core"
import { EventDataInvalid, EventNameInvalid, EventOptionInvalid } from "./errors.ts"

/** A kind of event: its name, and the schema of its data. Import the value where it is emitted and where it is listened for. */
export interface EventDefinition<Input = unknown, Data = Input> {
  readonly name: string
  readonly schema: StandardSchemaV1<Input, Data>
  /** Where the schema can be read, for those who are not in this repository: the `dataschema` of its envelopes. */
  readonly dataSchema: string | undefined
  /** What events are kept in order by, on a bus: those of one key are handled one after the other. */
  key?(data: Input): string | undefined
}

/** What is emitted. */
export type EventInput<E> = E extends EventDefinition<infer Input, unknown> ? Input : never
/** What listeners get: what the schema makes of it. */
export type EventData<E> = E extends EventDefinition<unknown, infer Data> ? Data : never

export interface DefineEventOptions<Input> {
  /** An absolute URI. Default: none. */
  readonly dataSchema?: string
  /** Default: events of this kind have no key, and no order among them. At most 512 characters. */
  readonly key?: (data: Input) => string | undefined
}

const MAX_NAME_LENGTH = 200
const SEGMENT = "[A-Za-z0-9_-]+"
const NAME = new RegExp(`^${SEGMENT}(?:\\.${SEGMENT})*$`)

/**
 * Defines a kind of event, once, at module level.
 *
 * @param name Words of letters, digits, `-` and `_`, with dots between; at most 200 characters. It is the `type` of its envelopes.
 * @param schema Any Standard Schema. Data travels as it was given; each side that reads it checks it, and gets what the schema makes of it.
 * @throws {EVENTS_NAME_INVALID} {EVENTS_OPTION_INVALID}
 * @example
 * export const OrderPlaced = defineEvent("order.placed", v.object({ id: v.string(), total: v.number() }), { key: ({ id }) => id })
 */
export function defineEvent<Input, Data>(
  name: string,
  schema: StandardSchemaV1<Input, Data>,
  { dataSchema, key }: DefineEventOptions<Input> = {},
): EventDefinition<Input, Data> {
  checkEventName(name)
  if (dataSchema !== undefined && !URL.canParse(dataSchema))
    throw new EventOptionInvalid(`Expected dataSchema of ${name} to be an absolute URI.`)
  return Object.freeze({ name, schema, dataSchema, ...(key !== undefined && { key }) })
}

/** @throws {EVENTS_NAME_INVALID} */
export function checkEventName(name: string): void {
  if (typeof name === "string" && name.length <= MAX_NAME_LENGTH && NAME.test(name)) return
  throw new EventNameInvalid(`Expected the name of an event, such as order.placed, got ${shown(name)}.`)
}

/** What stands in a message for a name that is none. */
export function shown(name: unknown): string {
  if (typeof name !== "string") return name === null ? "null" : `a ${typeof name}`
  return name.length > MAX_NAME_LENGTH ? `${name.length} characters` : JSON.stringify(name)
}

/** What the schema makes of data. Synchronous whenever the schema is. @throws {EVENTS_DATA_INVALID} */
export function checkData<Data>({ name, schema }: EventDefinition<unknown, Data>, data: unknown): Data | Promise<Data> {
  const result = schema["~standard"].validate(data)
  if (result instanceof Promise)
    return result.then((settled) => (settled.issues === undefined ? settled.value : refuse(name, settled.issues)))
  return result.issues === undefined ? result.value : refuse(name, result.issues)
}

const MAX_TOLD = 3
const MAX_ISSUES = 50

function refuse(name: string, issues: readonly StandardIssue[]): never {
  const told = issues.slice(0, MAX_TOLD).map(({ message, path }) => {
    const place = (path ?? []).map((part) => String(typeof part === "object" ? part.key : part)).join(".")
    return place === "" ? message : `${place}: ${message}`
  })
  const listed = issues.slice(0, MAX_ISSUES).map(({ message, path }) => ({
    message,
    path: (path ?? []).map((part) => (typeof part === "object" ? part.key : part)),
  }))
  throw new EventDataInvalid(`The data of ${name} does not fit its schema. ${told.join(" ")}`, {
    details: { event: name, issues: listed },
  })
}
