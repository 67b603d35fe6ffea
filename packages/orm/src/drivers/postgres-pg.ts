import type { DriverUrl } from "@ashlar/core"
import pg from "pg"
import type { Engine, Row } from "../driver.ts"
import { integerOf } from "../values.ts"
import { type Parse, type ParserOf, type PgAnswer, PgQuery, PgStatement } from "./pg-query.ts"
import { openPostgres, type PostgresOptions } from "./postgres.ts"
import type { EncodedValue, PostgresAnswer, PostgresClient, PostgresLists, PostgresTarget } from "./postgres-client.ts"
import { listenByPg } from "./postgres-pg-listen.ts"
import { TYPE } from "./postgres-values.ts"

/** Texts that were seen once, for each session: one that comes again is prepared. */
const MAX_SEEN = 1_000
const MAX_KEPT_LENGTH = 16 * 1024

/** Connections by `pg`, on any runtime. */
export const open = (url: DriverUrl, options: PostgresOptions): Promise<Engine> =>
  openPostgres(openPg, { url, options, rowForm: "list", listen: listenByPg })

async function openPg(target: PostgresTarget): Promise<PostgresClient> {
  const client = new pg.Client({
    host: target.host,
    port: target.port,
    user: target.user,
    // Never undefined: then the library would look for one in the environment or in a file.
    password: target.password,
    database: target.database,
    ssl: target.tls ?? false,
    connectionTimeoutMillis: target.connectTimeoutMs,
    keepAlive: true,
    application_name: "ashlar",
    // Of what `command` asks.
    types: { getTypeParser: (type: number) => parserOf(type) ?? asText },
    ...(target.statementTimeoutMs > 0 ? { statement_timeout: target.statementTimeoutMs } : {}),
  })
  const session = new PgClient(client, target.maxPrepared)
  try {
    await client.connect()
  } catch (error) {
    await client.end().catch(() => undefined)
    throw error
  }
  return session
}

/** Counted for the process: a name is never used for another text, in no session. */
let statementCount = 0

class PgClient implements PostgresClient {
  isOpen = true
  /** Beyond the bound, texts stay unnamed. */
  readonly isSpent = false
  readonly #client: pg.Client
  readonly #maxPrepared: number
  readonly #prepared: Map<string, PgStatement> = new Map()
  readonly #seen: Set<string> = new Set()

  constructor(client: pg.Client, maxPrepared: number) {
    this.#client = client
    this.#maxPrepared = maxPrepared
    const lost = () => {
      this.isOpen = false
    }
    client.on("error", lost)
    client.on("end", lost)
  }

  get backendId(): number {
    return this.#internals.processID
  }

  async run(text: string, values: readonly EncodedValue[]): Promise<PostgresAnswer> {
    const { rows, columns, command, count } = await this.#ask(text, values, parserOf)
    return {
      rows: rows.map((row) => Object.fromEntries(columns.map(({ name }, at) => [name, row[at]]))),
      command,
      count,
    }
  }

  runLists(text: string, values: readonly EncodedValue[]): Promise<PostgresLists> {
    return this.#ask(text, values, parserOf)
  }

  perform(text: string, values: readonly EncodedValue[]): Promise<{ rows: readonly unknown[]; count: number }> {
    return this.#ask(text, values, planParserOf)
  }

  #ask(text: string, values: readonly EncodedValue[], parserOf: ParserOf): Promise<PgAnswer> {
    const statement = this.#preparedOf(text) ?? new PgStatement("", text)
    return new Promise((resolve, reject) => {
      this.#client.query(new PgQuery(statement, { values, parserOf, resolve, reject }))
    })
  }

  /** A name for a text that comes again. */
  #preparedOf(text: string): PgStatement | undefined {
    const known = this.#prepared.get(text)
    if (known !== undefined || this.#prepared.size >= this.#maxPrepared || text.length > MAX_KEPT_LENGTH) return known
    if (!this.#seen.delete(text)) {
      if (this.#seen.size >= MAX_SEEN) this.#seen.clear()
      this.#seen.add(text)
      return undefined
    }
    const statement = new PgStatement(`ashlar_${++statementCount}`, text)
    this.#prepared.set(text, statement)
    return statement
  }

  forget(text: string): void {
    this.#prepared.delete(text)
  }

  async command(text: string): Promise<PostgresAnswer> {
    const { rows, command, rowCount } = await this.#client.query<Row>(text)
    return { rows, command, count: rowCount ?? 0 }
  }

  destroy(): void {
    this.#internals.connection.stream.destroy()
  }

  async end(): Promise<void> {
    await this.#client.end()
  }

  /** What pg has and its types leave out. */
  get #internals(): { readonly processID: number; readonly connection: { readonly stream: { destroy(): void } } } {
    return this.#client as never
  }
}

const asText: Parse = (text) => text
const parseTimestamptz = pg.types.getTypeParser(TYPE.timestamptz) as Parse
const parseTime: Parse = (text) => (text.endsWith("infinity") ? text : parseTimestamptz(text))
/** In UTC, and not in the process' own zone. */
const parseTimestamp: Parse = (text) =>
  text.endsWith("infinity")
    ? text
    : parseTimestamptz(text.endsWith(" BC") ? text.replace(" BC", "+00 BC") : `${text}+00`)

/** Its types say that it is a function. */
const arrayParser = pg.types.arrayParser as unknown as {
  create(text: string, parse: Parse): { parse(): unknown[] }
}

function arrayOf(parse: Parse): Parse {
  return (text) => arrayParser.create(text, parse).parse()
}

/** What the library would round, shift into its own zone or make an object of stays what it is. */
const PARSERS: ReadonlyMap<number, Parse> = new Map<number, Parse>([
  [TYPE.int8, integerOf],
  [TYPE.int8Array, arrayOf(integerOf)],
  [TYPE.date, asText],
  [TYPE.dateArray, arrayOf(asText)],
  [TYPE.timestamp, parseTimestamp],
  [TYPE.timestampArray, arrayOf(parseTimestamp)],
  [TYPE.timestamptz, parseTime],
  [TYPE.timestamptzArray, arrayOf(parseTime)],
  // numeric[], interval, interval[], point, circle
  [1231, arrayOf(asText)],
  [1186, asText],
  [1187, arrayOf(asText)],
  [600, asText],
  [718, asText],
])

/** The library's own for text gives what it is given. */
const parseText = pg.types.getTypeParser(25) as Parse

const parserOf: ParserOf = (type) => {
  const parse = PARSERS.get(type) ?? (pg.types.getTypeParser(type) as Parse)
  return parse === asText || parse === parseText ? undefined : parse
}

/** What the casts of models read from the text itself: int8, days and timestamps. */
const TEXTS: ReadonlySet<number> = new Set([TYPE.int8, TYPE.date, TYPE.timestamp, TYPE.timestamptz])

const planParserOf: ParserOf = (type) => (TEXTS.has(type) ? undefined : parserOf(type))
