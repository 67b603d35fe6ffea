import {
  AliasNode,
  type FromNode,
  IdentifierNode,
  type JoinNode,
  type Kysely,
  type KyselyPlugin,
  sql as k,
  type OperationNode,
  OperationNodeTransformer,
  type PluginTransformQueryArgs,
  type QueryId,
  type RootOperationNode,
  TableNode,
  ValueNode,
  type WithNode,
} from "kysely"
import { type Queryable, sessionOf } from "../database.ts"
import { OrmModelUnbound, OrmQueryInvalid } from "../errors.ts"
import { type Table, tableOf } from "../model/table.ts"
import type { ModelClass, ValuesOf } from "../model/types.ts"
import type { Session } from "../session.ts"
import { partsOf, whereOf } from "./compile.ts"
import { columnList } from "./rows-plan.ts"
import { LateSlot } from "./slot.ts"

/** Tables of models as Kysely types them: by their properties, hidden ones too. Values come as the database has them. */
export type KyselyTables<T extends Readonly<Record<string, ModelClass>>> = {
  [K in keyof T]: ValuesOf<T[K]["columns"], keyof T[K]["columns"]>
}

/**
 * Kysely over the tables of these models, for what their queries do not say: CTEs, window functions, unions. Every table is read through the
 * scopes of its model, and its columns are called as the properties are. It only reads, and tables of other models are refused; what is
 * written in raw SQL is not looked at. Values are not cast: a moment is text on SQLite.
 *
 * @throws {ORM_QUERY_INVALID} for a table that is not named here, and for writes. @throws {ORM_SCOPE_MISSING}
 * @example
 * const kysely = kyselyOf(db, { posts: Post, users: User })
 * await kysely.with("latest", (q) => q.selectFrom("posts").select(["id", "title"])).selectFrom("latest").selectAll().execute()
 */
export function kyselyOf<T extends Readonly<Record<string, ModelClass>>>(
  database: Queryable,
  models: T,
): Kysely<KyselyTables<T>> {
  const session = sessionOf(database)
  if (session === undefined) throw new OrmModelUnbound("Expected an open database, or a transaction of one.")
  const tables = new Map(Object.entries(models).map(([name, model]) => [name, tableOf(model)]))
  return database.kysely<KyselyTables<T>>().withPlugin(new ScopedTables(session, tables))
}

class ScopedTables implements KyselyPlugin {
  readonly #session: Session
  readonly #tables: ReadonlyMap<string, Table>

  constructor(session: Session, tables: ReadonlyMap<string, Table>) {
    this.#session = session
    this.#tables = tables
  }

  transformQuery({ node, queryId }: PluginTransformQueryArgs): RootOperationNode {
    return new TableScoper(this.#session, this.#tables).transformNode(node, queryId)
  }

  async transformResult<R>({ result }: { result: R }): Promise<R> {
    return result
  }
}

const WRITES: ReadonlySet<string> = new Set(["InsertQueryNode", "UpdateQueryNode", "DeleteQueryNode", "MergeQueryNode"])

class TableScoper extends OperationNodeTransformer {
  readonly #session: Session
  readonly #tables: ReadonlyMap<string, Table>
  readonly #named: Set<string> = new Set()

  constructor(session: Session, tables: ReadonlyMap<string, Table>) {
    super()
    this.#session = session
    this.#tables = tables
  }

  protected override transformNodeImpl<T extends OperationNode>(node: T, queryId?: QueryId): T {
    if (WRITES.has(node.kind))
      throw new OrmQueryInvalid(
        "Kysely over models only reads: write through the models, or by db.kysely() without their scopes.",
      )
    const { with: withs } = node as { with?: WithNode }
    for (const { name } of withs?.expressions ?? []) {
      const own = name.table.table.identifier.name
      if (this.#tables.has(own)) throw new OrmQueryInvalid(`"${own}" is a model's table: call the CTE by another name.`)
      this.#named.add(own)
    }
    return super.transformNodeImpl(node, queryId)
  }

  protected override transformFrom(node: FromNode, queryId?: QueryId): FromNode {
    return { ...node, froms: node.froms.map((one) => this.#scoped(one, queryId)) }
  }

  protected override transformJoin(node: JoinNode, queryId?: QueryId): JoinNode {
    return { ...super.transformJoin(node, queryId), table: this.#scoped(node.table, queryId) }
  }

  /** A place that rows come from: a table of a model as what its scopes let through. */
  #scoped(node: OperationNode, queryId?: QueryId): OperationNode {
    if (TableNode.is(node)) return this.#table(node, undefined)
    if (AliasNode.is(node) && TableNode.is(node.node)) return this.#table(node.node, node.alias)
    return this.transformNode(node, queryId)
  }

  #table(node: TableNode, alias: OperationNode | undefined): OperationNode {
    const { name } = node.table.identifier
    const table = this.#tables.get(name)
    if (node.table.schema === undefined && this.#named.has(name))
      return alias === undefined ? node : AliasNode.create(node, alias)
    if (table === undefined || node.table.schema !== undefined)
      throw new OrmQueryInvalid(
        `"${name}" is no table of a model that was given. Known: ${[...this.#tables.keys()].join(", ")}.`,
      )
    const parts = partsOf([], { dialect: this.#session.dialect, table })
    const where = whereOf(parts)
    const list = columnList(parts, [...table.columns.values()])
    const rows = k`(select ${list} from ${k.id(table.name)}${where === undefined ? k`` : k` where ${where}`})`
    const asked = new ScopeAsker().transformNode(rows.toOperationNode())
    return AliasNode.create(asked, alias ?? IdentifierNode.create(name))
  }
}

/** Puts the values of scopes, as they are now, in their places. */
class ScopeAsker extends OperationNodeTransformer {
  protected override transformValue(node: ValueNode): ValueNode {
    return node.value instanceof LateSlot ? ValueNode.create(node.value.ask()) : node
  }
}
