/**
 * Prisma over the connections and transactions of an Ashlar database: what both write in one `db.transaction` is kept or undone
 * together. Needs the package `@prisma/driver-adapter-utils`, of the version of `@prisma/client`.
 */
import { AshlarError } from "@ashlar/core"
import {
  DriverAdapterError,
  type IsolationLevel,
  type MappedError,
  type SqlDriverAdapter,
  type SqlDriverAdapterFactory,
  type SqlQuery,
  type SqlQueryable,
  type SqlResultSet,
  type Transaction,
} from "@prisma/driver-adapter-utils"
import type { Database } from "../database.ts"
import type { Isolation, ListResult } from "../driver.ts"
import { OrmOptionsInvalid } from "../errors.ts"
import type { Session } from "../session.ts"
import { checkValues } from "../values.ts"
import { openTransaction } from "./open-transaction.ts"
import { columnTypeOf, toBound, toPrisma } from "./prisma-values.ts"
import { requireSession } from "./require-session.ts"

const NAME = "@ashlar/orm"
const MAX_VALUES = 32_000

/** A generated client's class, as far as it is made here. */
export type PrismaClientClass<C extends object, O extends object> = new (
  options: O & { readonly adapter: SqlDriverAdapterFactory },
) => C

/**
 * Makes a Prisma client on a database. Its queries run on the database's connections, and in the transaction of the code that
 * runs them; Prisma's own transactions are savepoints there. `prisma.$disconnect()` leaves the database open.
 *
 * @param options Prisma's own, without the adapter.
 * @throws {ORM_OPTIONS_INVALID} when the client's version is one that this cannot keep transactions apart in.
 * @example
 * const prisma = openPrisma(PrismaClient, db)
 * await db.transaction(async () => {
 *   await prisma.user.create({ data: { email } })
 *   await db.sql`insert into audit (what) values (${"signed up"})`.run()
 * })
 */
export function openPrisma<C extends object, O extends object>(
  Client: PrismaClientClass<C, O>,
  db: Database,
  options: O = {} as O,
): C {
  const session = requireSession(db)
  const connect = async () => adapterOf(session)
  const prisma = new Client({ ...options, adapter: { provider: session.dialect, adapterName: NAME, connect } })
  keepApart(prisma, session)
  return prisma
}

interface Batching {
  batchBy?: (request: unknown) => string | undefined
}

/**
 * Prisma gathers the `findUnique` of one turn of the event loop, whoever calls it, into one query of the first one's flow: another
 * request would read what a transaction has not committed. Within a transaction nothing is gathered.
 */
function keepApart(prisma: object, session: Session): void {
  const { _requestHandler: handler } = prisma as { _requestHandler?: { dataloader?: { options?: Batching } } }
  const batching = handler?.dataloader?.options
  const batchBy = batching?.batchBy
  if (batching === undefined || batchBy === undefined)
    throw new OrmOptionsInvalid(
      "This version of Prisma's client batches in a way that is not known here. Expected 7.x.",
    )
  batching.batchBy = (request) => (session.scope === undefined ? batchBy(request) : undefined)
}

function adapterOf(session: Session): SqlDriverAdapter {
  return {
    ...queryableOf(session),
    async executeScript(script) {
      // Each by itself: connections take one statement at a time.
      for (const text of script.split(/;\s*(?:\n|$)/).filter((part) => part.trim() !== ""))
        await told(session.executeLists({ text, values: [] }))
    },
    startTransaction: async (isolationLevel) => await startTransaction(session, isolationLevel),
    getConnectionInfo: () => ({ maxBindValues: MAX_VALUES, supportsRelationJoins: false }),
    dispose: async () => undefined,
  }
}

async function startTransaction(session: Session, level: IsolationLevel | undefined): Promise<Transaction> {
  const open = await told(openTransaction(session, isolationOf(level)))
  return {
    ...queryableOf(open.session),
    // It calls commit and rollback, and writes no COMMIT of its own.
    options: { usePhantomQuery: true },
    commit: () => told(open.commit()),
    rollback: () => told(open.rollback()),
  }
}

const ISOLATIONS: ReadonlySet<string> = new Set<Isolation>(["read committed", "repeatable read", "serializable"])

function isolationOf(level: IsolationLevel | undefined): Isolation | undefined {
  const isolation = level?.toLowerCase()
  if (isolation === undefined || ISOLATIONS.has(isolation)) return isolation as Isolation | undefined
  throw new DriverAdapterError({ kind: "InvalidIsolationLevel", level: String(level) })
}

function queryableOf(session: Session): SqlQueryable {
  const run = ({ sql: text, args, argTypes }: SqlQuery): Promise<ListResult> => {
    const values = args.map((value, at) => toBound(value, argTypes[at], session.dialect))
    return told(session.executeLists({ text, values: checkValues(values, session.dialect) }))
  }
  return {
    provider: session.dialect,
    adapterName: NAME,
    queryRaw: async (query) => resultSet(await run(query), session),
    executeRaw: async (query) => (await run(query)).changes,
  }
}

function resultSet({ columns, rows, insertId }: ListResult, { dialect }: Session): SqlResultSet {
  const columnTypes = columns.map((column, at) =>
    columnTypeOf(
      column,
      rows.map((row) => row[at]),
      dialect,
    ),
  )
  return {
    columnNames: columns.map(({ name }) => name),
    columnTypes,
    rows: rows.map((row) => row.map((value, at) => toPrisma(value, columnTypes[at] ?? 0))),
    ...(insertId === undefined ? {} : { lastInsertId: String(insertId) }),
  }
}

/** An error of ours as one that Prisma has a code for. */
async function told<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof AshlarError)) throw error
    const { cause } = error
    const originalMessage = cause instanceof Error ? cause.message : error.message
    throw new DriverAdapterError({ ...mapped(error), originalCode: error.code, originalMessage })
  }
}

function mapped(error: AshlarError): MappedError {
  const { constraint, columns } = (error.details ?? {}) as { constraint?: string; columns?: string[] }
  const where =
    constraint !== undefined
      ? { constraint: { index: constraint } }
      : columns === undefined
        ? {}
        : { constraint: { fields: columns } }
  switch (error.code) {
    case "ORM_UNIQUE_VIOLATION":
      return { kind: "UniqueConstraintViolation", ...where }
    case "ORM_FOREIGN_KEY_VIOLATION":
      return { kind: "ForeignKeyConstraintViolation", ...where }
    case "ORM_CONSTRAINT_VIOLATION":
      return { kind: "NullConstraintViolation", ...where }
    case "ORM_DEADLOCK":
    case "ORM_SERIALIZATION_FAILED":
      return { kind: "TransactionWriteConflict" }
    case "ORM_CONNECTION_LOST":
    case "ORM_CLOSED":
      return { kind: "ConnectionClosed" }
    case "ORM_CONNECT_FAILED":
      return { kind: "DatabaseNotReachable" }
    case "ORM_TIMEOUT":
    case "ORM_LOCK_TIMEOUT":
      return { kind: "SocketTimeout" }
    case "ORM_POOL_EXHAUSTED":
      return { kind: "TooManyConnections", cause: error.message }
    case "ORM_TRANSACTION_CLOSED":
    case "ORM_TRANSACTION_ABORTED":
      return { kind: "TransactionAlreadyClosed", cause: error.message }
    default:
      return { kind: "InconsistentColumnData", cause: error.message }
  }
}
