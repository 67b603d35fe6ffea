import type { DriverUrl } from "@ashlar/core"
import type { SQL } from "bun"
import type { ChannelListener, Engine, Row, StopListening } from "../driver.ts"
import { narrow } from "../values.ts"
import { openPostgres, type PostgresOptions } from "./postgres.ts"
import type { EncodedValue, PostgresAnswer, PostgresClient, PostgresLists, PostgresTarget } from "./postgres-client.ts"
import { dateText, TYPE } from "./postgres-values.ts"
import type { TlsSettings } from "./tls.ts"

/** The protocol's own number, which is how the library takes it. @see https://www.rfc-editor.org/rfc/rfc5246#appendix-A.1 */
const TLS_1_2 = 0x0303

/** Connections by Bun's own client. */
export const open = (url: DriverUrl, options: PostgresOptions): Promise<Engine> =>
  openPostgres(openBunSql, { url, options, rowForm: "object", listen: listenByBun })

/**
 * One connection, reserved, which is never opened again behind our back.
 *
 * @see https://bun.com/docs/runtime/sql
 */
async function openBunSql(target: PostgresTarget): Promise<PostgresClient> {
  const state = { isOpen: true }
  const pool = openPool(target, () => {
    state.isOpen = false
  })
  try {
    const session = await pool.reserve()
    const [row] = await session.unsafe("select pg_backend_pid() as id")
    return new BunSqlClient({ pool, session, state, backendId: Number(row.id) }, target.maxPrepared)
  } catch (error) {
    await pool.close({ timeout: 0 })
    throw error
  }
}

/** Listens by Bun's own client, which has a connection for it that comes back by itself. */
async function listenByBun(target: PostgresTarget, channel: string, listener: ChannelListener): Promise<StopListening> {
  const pool = openPool(target, () => undefined)
  try {
    await pool.listen(
      channel,
      (payload) => listener.onNotice(payload),
      () => listener.onListening?.(),
    )
  } catch (error) {
    await pool.close({ timeout: 0 })
    throw error
  }
  return async () => await pool.close({ timeout: 0 })
}

function openPool(target: PostgresTarget, onclose: () => void): SQL {
  const timeouts = target.statementTimeoutMs > 0 ? { statement_timeout: `${target.statementTimeoutMs}` } : {}
  // The global, for an import of "bun" cannot be bundled for other runtimes.
  return new Bun.SQL({
    adapter: "postgres",
    hostname: target.host,
    port: target.port,
    username: target.user,
    password: target.password,
    database: target.database,
    tls: target.tls === undefined ? false : bunTls(target.tls, target.host),
    max: 1,
    // Seconds; the library's own limits of age and idleness are the pool's business.
    connectionTimeout: target.connectTimeoutMs / 1_000,
    idleTimeout: 0,
    maxLifetime: 0,
    prepare: target.maxPrepared > 0,
    // Without it a 64-bit integer beyond 2^53 is text, and nothing tells it from text.
    bigint: true,
    connection: { application_name: "ashlar", ...timeouts },
    onclose,
  })
}

/** Its types leave the least version out. */
function bunTls(settings: TlsSettings, serverName: string): Bun.TLSOptions {
  const tls = { ...settings, minVersion: TLS_1_2, serverName }
  return tls
}

interface BunSession {
  readonly pool: SQL
  readonly session: Awaited<ReturnType<SQL["reserve"]>>
  readonly state: { readonly isOpen: boolean }
  readonly backendId: number
}

class BunSqlClient implements PostgresClient {
  readonly backendId: number
  readonly #pool: SQL
  readonly #session: BunSession["session"]
  readonly #state: BunSession["state"]
  readonly #maxPrepared: number
  readonly #texts: Set<string> = new Set()

  constructor({ pool, session, state, backendId }: BunSession, maxPrepared: number) {
    this.#pool = pool
    this.#session = session
    this.#state = state
    this.backendId = backendId
    this.#maxPrepared = maxPrepared
  }

  get isOpen(): boolean {
    return this.#state.isOpen
  }

  /** The library keeps each text prepared for as long as the session lives, so that a session of too many ends. */
  get isSpent(): boolean {
    return this.#maxPrepared > 0 && this.#texts.size > this.#maxPrepared
  }

  async run(text: string, values: readonly EncodedValue[]): Promise<PostgresAnswer> {
    this.#texts.add(text)
    const result: BunResult = await (values.length === 0
      ? this.#session(template(text))
      : this.#session.unsafe(text, values.map(typeless)))
    return { rows: rowsOf(result), command: result.command ?? "", count: result.count ?? 0 }
  }

  async perform(text: string, values: readonly EncodedValue[]): Promise<{ rows: readonly unknown[]; count: number }> {
    this.#texts.add(text)
    const result: BunResult = await (values.length === 0
      ? this.#session(template(text))
      : this.#session.unsafe(text, values.map(typeless)))
    return { rows: result, count: result.count ?? 0 }
  }

  async runLists(text: string, values: readonly EncodedValue[]): Promise<PostgresLists> {
    this.#texts.add(text)
    const asked = values.length === 0 ? this.#session(template(text)) : this.#session.unsafe(text, values.map(typeless))
    const result = (await asked.values()) as unknown[][] & Pick<BunResult, "command" | "count" | "columns">
    const columns = result.columns ?? []
    for (const [at, { type }] of columns.entries()) {
      const convertValue = CONVERTERS.get(type)
      if (convertValue !== undefined) for (const row of result) row[at] = convertValue(row[at])
    }
    return { columns, rows: Array.from(result), command: result.command ?? "", count: result.count ?? 0 }
  }

  forget(): void {}

  async command(text: string): Promise<PostgresAnswer> {
    const result: BunResult = await this.#session.unsafe(text)
    return { rows: rowsOf(result), command: result.command ?? "", count: result.count ?? 0 }
  }

  destroy(): void {
    this.#pool.close({ timeout: 0 }).catch(() => undefined)
  }

  async end(): Promise<void> {
    this.#session.release()
    await this.#pool.close({ timeout: 0 })
  }
}

/** Text without values as one statement: as a bare string the library would send it as a script, which may be several. */
function template(text: string): TemplateStringsArray {
  return Object.defineProperty([text], "raw", { value: [text] }) as unknown as TemplateStringsArray
}

/**
 * Text of no type yet. Where the server expects JSON the library would make a JSON *string* of text, and store that in silence;
 * it asks this object, which is text everywhere else, for the JSON that it holds. Numbers keep their digits.
 */
class TypelessText extends String {
  toJSON(): unknown {
    return JSON.parse(this.toString(), keepDigits)
  }
}

function keepDigits(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  const { rawJSON } = JSON as unknown as { rawJSON?: (source: string) => unknown }
  return typeof value === "number" && context?.source !== undefined && rawJSON !== undefined
    ? rawJSON(context.source)
    : value
}

function typeless(value: EncodedValue): unknown {
  return typeof value === "string" ? new TypelessText(value) : value
}

type BunResult = Row[] & {
  readonly command?: string
  readonly count?: number
  readonly columns?: readonly { readonly name: string; readonly type: number }[]
}

type Convert = (value: unknown) => unknown

const toDay: Convert = (value) => (value instanceof Date ? dateText(value) : toTime(value))
const toTime: Convert = (value) => (typeof value === "number" ? `${value < 0 ? "-" : ""}infinity` : value)
const toInteger: Convert = (value) => (typeof value === "bigint" ? narrow(value) : value)

function each(convertItem: Convert): Convert {
  const convertAll: Convert = (value) => (Array.isArray(value) ? value.map(convertAll) : convertItem(value))
  return convertAll
}

/** A Float32Array or its like as the array it stands for; nothing else of the library's answers is one. */
const toArray: Convert = (value) =>
  ArrayBuffer.isView(value) ? Array.from(value as unknown as ArrayLike<unknown>) : value

const CONVERTERS: ReadonlyMap<number, Convert> = new Map<number, Convert>([
  [TYPE.int8, toInteger],
  [TYPE.int8Array, each(toInteger)],
  [TYPE.date, toDay],
  [TYPE.dateArray, each(toDay)],
  [TYPE.timestamp, toTime],
  [TYPE.timestampArray, each(toTime)],
  [TYPE.timestamptz, toTime],
  [TYPE.timestamptzArray, each(toTime)],
  // int2[], int4[], float4[], float8[]
  [1005, toArray],
  [1007, toArray],
  [1021, toArray],
  [1022, toArray],
])

/** A plain array, converted in place: the rows are ours. */
function rowsOf(result: BunResult): Row[] {
  for (const { name, type } of result.columns ?? []) {
    const convertValue = CONVERTERS.get(type)
    if (convertValue !== undefined) for (const row of result) row[name] = convertValue(row[name])
  }
  return Array.from(result)
}
