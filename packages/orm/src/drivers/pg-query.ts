import type { Submittable } from "pg"
import type { ResultColumn } from "../driver.ts"
import type { EncodedValue } from "./postgres-client.ts"

/** Reads a column from the server's text. */
export type Parse = (text: string) => unknown

/** Which parser a type has, undefined where its text is as it should be. One function for one use: what it says is kept. */
export type ParserOf = (type: number) => Parse | undefined

type Parsers = readonly (Parse | undefined)[]

/**
 * A text as a session knows it. With a name it stays prepared, and its columns are told once: a plan that would give others is refused by
 * the server. The library notes by the name that it is.
 */
export class PgStatement {
  readonly name: string
  readonly text: string
  /** Undefined as long as the server has not told them. */
  columns: readonly ResultColumn[] | undefined
  readonly #parsers: Map<ParserOf, Parsers> = new Map()

  constructor(name: string, text: string) {
    this.name = name
    this.text = text
  }

  parsers(parserOf: ParserOf): Parsers {
    let parsers = this.#parsers.get(parserOf)
    if (parsers === undefined) {
      parsers = (this.columns ?? []).map(({ type }) => parserOf(type as number))
      this.#parsers.set(parserOf, parsers)
    }
    return parsers
  }
}

/** Rows in the order of the columns. */
export interface PgAnswer {
  readonly rows: readonly unknown[][]
  readonly columns: readonly ResultColumn[]
  /** `SELECT`, `INSERT` … */
  readonly command: string
  readonly count: number
}

interface Asked {
  readonly values: readonly EncodedValue[]
  readonly parserOf: ParserOf
  readonly resolve: (answer: PgAnswer) => void
  readonly reject: (error: unknown) => void
}

/** What of the library's connection is used here. */
interface PgConnection {
  readonly parsedStatements: Readonly<Record<string, string | undefined>>
  readonly stream: { readonly writable: boolean; write(bytes: Buffer): unknown; cork(): void; uncork(): void }
  parse(query: { name: string; text: string; types: readonly number[] }): void
  describe(message: { type: "S"; name: string }): void
  sendCopyFail(reason: string): void
  sync(): void
}

/**
 * One run of a statement by the extended protocol, as `pg` takes what brings its own way to ask (pg-cursor does so). Unlike the library's own
 * queries it asks for the columns of a prepared statement once, sends one piece, and makes nothing of rows but lists.
 *
 * @see https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-EXT-QUERY
 */
export class PgQuery implements Submittable {
  /** By these two the library notes what is prepared. */
  readonly name: string
  readonly text: string
  readonly #statement: PgStatement
  readonly #asked: Asked
  readonly #message: Buffer
  readonly #rows: unknown[][] = []
  #parsers: Parsers = []
  #tag = ""
  #failure: { readonly error: unknown } | undefined

  constructor(statement: PgStatement, asked: Asked) {
    this.name = statement.name
    this.text = statement.text
    this.#statement = statement
    this.#asked = asked
    this.#message = runMessage(statement.name, asked.values)
  }

  submit(given: unknown): void {
    const connection = given as PgConnection
    const { stream } = connection
    const { name, text } = this
    const isPrepared = name !== "" && connection.parsedStatements[name] !== undefined
    if (isPrepared && this.#statement.columns !== undefined) {
      this.#parsers = this.#statement.parsers(this.#asked.parserOf)
      if (stream.writable) stream.write(this.#message)
      return
    }
    stream.cork()
    if (!isPrepared) connection.parse({ name, text, types: [] })
    connection.describe({ type: "S", name })
    if (stream.writable) stream.write(this.#message)
    stream.uncork()
  }

  handleRowDescription({ fields }: { readonly fields: readonly { name: string; dataTypeID: number }[] }): void {
    this.#statement.columns = fields.map(({ name, dataTypeID }) => ({ name, type: dataTypeID }))
    this.#parsers = this.#statement.parsers(this.#asked.parserOf)
  }

  handleDataRow({ fields }: { readonly fields: unknown[] }): void {
    const parsers = this.#parsers
    try {
      for (let at = 0; at < parsers.length; at++) {
        const parse = parsers[at]
        if (parse !== undefined && fields[at] !== null) fields[at] = parse(fields[at] as string)
      }
    } catch (error) {
      this.#failure ??= { error }
    }
    this.#rows.push(fields)
  }

  /** `INSERT 0 1`, `SELECT 20`, `CREATE TABLE`. */
  handleCommandComplete({ text }: { readonly text: string }): void {
    this.#tag = text
    // It has no columns: the server would have told them before.
    this.#statement.columns ??= []
  }

  handleReadyForQuery(): void {
    if (this.#failure !== undefined) {
      this.#asked.reject(this.#failure.error)
      return
    }
    const tag = this.#tag
    this.#asked.resolve({
      rows: this.#rows,
      columns: this.#statement.columns ?? [],
      command: tag.slice(0, tag.search(/ \d|$/)),
      count: Number(tag.slice(tag.lastIndexOf(" ") + 1)) || 0,
    })
  }

  handleError(error: unknown): void {
    this.#asked.reject(error)
  }

  handleEmptyQuery(): void {}

  handlePortalSuspended(): void {}

  /** The server skips what it is sent before it knows that nothing comes, also what ends the query. */
  handleCopyInResponse(given: unknown): void {
    const connection = given as PgConnection
    connection.sendCopyFail("Rows to copy are not sent by a query")
    connection.sync()
  }

  handleCopyData(): void {}
}

/** Of messages without a name or values: the unnamed portal is executed to its end, and then all is synchronized. */
const EXECUTE_AND_SYNC = Buffer.from([0x45, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0x53, 0, 0, 0, 4])

/**
 * Bind, Execute and Sync in one piece. Columns come as text.
 *
 * @see https://www.postgresql.org/docs/current/protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-BIND
 */
export function runMessage(name: string, values: readonly EncodedValue[]): Buffer {
  // Type and length, the portal's empty name, the statement's, three counts; then a format and a length for each value.
  let size = 1 + 4 + 1 + (name.length + 1) + 2 + 2 + 2 + 6 * values.length
  for (const value of values) if (value !== null) size += bytesOf(value)
  const message = Buffer.allocUnsafe(size + EXECUTE_AND_SYNC.length)
  message[0] = 0x42
  message.writeInt32BE(size - 1, 1)
  message[5] = 0
  let at = 6 + message.write(name, 6, "latin1")
  message[at++] = 0
  at = message.writeUInt16BE(values.length, at)
  for (const value of values) at = message.writeUInt16BE(typeof value === "string" || value === null ? 0 : 1, at)
  at = message.writeUInt16BE(values.length, at)
  for (const value of values) at = writeValue(message, value, at)
  at = message.writeUInt16BE(0, at)
  message.set(EXECUTE_AND_SYNC, at)
  return message
}

function bytesOf(value: string | Uint8Array): number {
  return typeof value === "string" ? Buffer.byteLength(value) : value.length
}

/** Gives where the next one goes. */
function writeValue(message: Buffer, value: EncodedValue, at: number): number {
  if (value === null) return message.writeInt32BE(-1, at)
  if (typeof value !== "string") {
    message.set(value, at + 4)
    return message.writeInt32BE(value.length, at) + value.length
  }
  const length = message.write(value, at + 4)
  return message.writeInt32BE(length, at) + length
}
