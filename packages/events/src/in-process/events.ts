import type { EventDefinition } from "../event.ts"

/** What a listener is told beside the data. */
export interface Emitted {
  readonly name: string
  /** A UUIDv7, made when it is first read; the same for all listeners of one emit. */
  readonly id: string
  /** When it was emitted, in milliseconds since 1970. */
  readonly timeMs: number
  /** The data as it was emitted, before the schema made anything of it. */
  readonly given: unknown
}

/** What it throws or rejects with is told to whoever emitted. Data is shared by all listeners: do not change it. */
export type Listener<Data> = (data: Data, event: Emitted) => unknown

export interface ListenOptions {
  /** Those with a larger one are called first, and are waited for before the next are called. Any finite number. Default: 0. */
  readonly priority?: number
  /** Ends with the first event. Default: false. */
  readonly once?: boolean
  /** Ends when it aborts; one that has aborted already adds nothing. */
  readonly signal?: AbortSignal
  /** For messages. Default: the function's own name. */
  readonly name?: string
}

export type StopListening = () => void

/** What a transaction of `@ashlar/orm` has, and the database itself. */
export interface CommitHooks {
  afterCommit(effect: () => unknown): void | Promise<void>
}

/** Events within one process. Nothing is kept: who is not listening when something is emitted does not hear of it. */
export interface Events {
  /**
   * Calls all listeners of an event, those of a higher priority first, and waits for them.
   *
   * - Data is checked before anybody is called.
   * - Listeners of one priority are called in the order in which they were added, without waiting in between, and then all waited for;
   *   then those of the next one. With a schema that is synchronous, those of the highest priority are called before `emit` returns.
   * - Who was listening when it began is called, whoever comes or goes meanwhile.
   * - One that fails keeps nobody else from being called. The promise rejects after all have ended.
   *
   * @throws {EVENTS_DATA_INVALID} {EVENTS_LISTENERS_FAILED} with the errors in the `AggregateError` that is its cause.
   * @example
   * await events.emit(OrderPlaced, { id: "7", total: 12 })
   */
  emit<Input, Data>(event: EventDefinition<Input, Data>, data: Input): Promise<void>
  /**
   * Emits when the transaction was committed, and never if it was not; outside of one, at once. Data is checked now. What listeners fail
   * with then is the ORM_AFTER_COMMIT_FAILED of the transaction, which stays committed.
   *
   * Whoever is killed between the commit and the emit has emitted nothing: what must not be lost belongs in an outbox.
   * @throws {EVENTS_DATA_INVALID}
   * @example
   * await db.transaction(async (tx) => {
   *   await tx.sql`insert into orders (id) values (${id})`.run()
   *   await events.emitAfterCommit(tx, OrderPlaced, { id, total })
   * })
   */
  emitAfterCommit<Input, Data>(tx: CommitHooks, event: EventDefinition<Input, Data>, data: Input): Promise<void>
  /**
   * Listens for an event, or for all whose name fits a pattern: `order.*` one word for the star, `order.**` any number of them, also none.
   * The same function twice is two listeners.
   *
   * @returns what ends it; twice does nothing.
   * @throws {EVENTS_NAME_INVALID} {EVENTS_OPTION_INVALID} {EVENTS_LISTENER_LIMIT}
   */
  on<Input, Data>(event: EventDefinition<Input, Data>, listener: Listener<Data>, options?: ListenOptions): StopListening
  on(pattern: string, listener: Listener<unknown>, options?: ListenOptions): StopListening
  /** The data of the next such event. @throws the reason of the signal. */
  next<Input, Data>(event: EventDefinition<Input, Data>, options?: { readonly signal?: AbortSignal }): Promise<Data>
  /** How many listen; for one event, those who would hear of it. */
  listenerCount(event?: EventDefinition): number
  /** Ends when nothing is being emitted. */
  idle(): Promise<void>
}

export interface EventsOptions {
  /** Listeners of one event or pattern beyond which `onWarning` is told, once for each: somebody may forget to end them. Default: 100. */
  readonly warnAboveListeners?: number
  /** Listeners of all kinds together. Default: 100,000. */
  readonly maxListeners?: number
  /** Default: `console.warn`. */
  readonly onWarning?: (message: string) => void
}
