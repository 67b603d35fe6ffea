import type { ChannelListener, ResultColumn, Row, StopListening } from "../driver.ts"
import type { TlsSettings } from "./tls.ts"

/** Where a session is opened, and within which bounds. Times in milliseconds; 0 for none. */
export interface PostgresTarget {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
  readonly tls: TlsSettings | undefined
  readonly connectTimeoutMs: number
  readonly statementTimeoutMs: number
  /** Statements that the session keeps prepared. */
  readonly maxPrepared: number
}

/** What the server is sent for a value: text, which it reads as the type that it expects there, or bytes. */
export type EncodedValue = string | Uint8Array | null

export interface PostgresAnswer {
  readonly rows: Row[]
  /** `SELECT`, `INSERT`, `COMMIT` … */
  readonly command: string
  readonly count: number
}

export interface PostgresLists {
  readonly columns: readonly ResultColumn[]
  readonly rows: readonly (readonly unknown[])[]
  readonly command: string
  readonly count: number
}

/**
 * One session, by a library that speaks the protocol. Its errors are the library's own: `postgres-faults.ts` knows them all.
 * Rows hold what `postgres-values.ts` says, whichever library it is.
 */
export interface PostgresClient {
  /** False once the session is lost, also while nobody uses it. */
  readonly isOpen: boolean
  /** True when it holds more prepared statements than it should, and cannot let go of one. */
  readonly isSpent: boolean
  /** The server's number of the session, by which another can end it. */
  readonly backendId: number
  /** One statement, by the extended protocol: text that is several is an error. */
  run(text: string, values: readonly EncodedValue[]): Promise<PostgresAnswer>
  /** The same with rows as the library has them cheapest, for the casts of models: lists, or objects, as its `rowForm` says. */
  perform(text: string, values: readonly EncodedValue[]): Promise<{ rows: readonly unknown[]; count: number }>
  /** The same, its rows as lists in the order of the columns. */
  runLists(text: string, values: readonly EncodedValue[]): Promise<PostgresLists>
  /** SQL of our own, without values, which is never prepared. */
  command(text: string): Promise<PostgresAnswer>
  /** The statement's text will not be what was prepared for it any more. */
  forget(text: string): void
  /** Drops the socket. */
  destroy(): void
  end(): Promise<void>
}

/** @throws the library's error when there is no session to be had. */
export type OpenPostgresClient = (target: PostgresTarget) => Promise<PostgresClient>

/** Listens on a connection of its own, which comes back by itself. @throws the library's error when there is none to be had. */
export type ListenPostgres = (
  target: PostgresTarget,
  channel: string,
  listener: ChannelListener,
) => Promise<StopListening>
