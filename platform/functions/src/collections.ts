/**
 * `ctx.db` as a function sees it. Both runtimes build it from this file, over a call that takes and gives plain data.
 */

/** What `ctx.db` can do, by the name that the platform's data port receives. */
export const dataOperations = ["list", "query", "get", "insert", "replace", "patch", "delete", "count"] as const
export type DataOperation = (typeof dataOperations)[number]

/** Only change the document when it still has this revision. */
export interface RevisionCondition {
  readonly rev?: number
}

/** One collection of the function's own project. Errors carry the platform's `code`, `status` and `details`. */
export interface FunctionCollection {
  list(query?: unknown): Promise<unknown>
  query(query?: unknown): Promise<unknown>
  get(id: string): Promise<unknown>
  insert(data: unknown): Promise<unknown>
  replace(id: string, data: unknown, condition?: RevisionCondition): Promise<unknown>
  patch(id: string, operations: unknown, condition?: RevisionCondition): Promise<unknown>
  delete(id: string, condition?: RevisionCondition): Promise<unknown>
  count(where?: unknown): Promise<unknown>
}

export interface FunctionDatabase {
  collection(name: string): FunctionCollection
}

/** Builds `ctx.db` over one call. */
export function createDatabase(
  call: (operation: DataOperation, args: Record<string, unknown>) => Promise<unknown>,
): FunctionDatabase {
  return {
    collection: (collection) => ({
      list: (query) => call("list", { collection, query }),
      query: (query) => call("query", { collection, query }),
      get: (id) => call("get", { collection, id }),
      insert: (data) => call("insert", { collection, data }),
      replace: (id, data, condition) => call("replace", { collection, id, data, rev: condition?.rev }),
      patch: (id, operations, condition) => call("patch", { collection, id, operations, rev: condition?.rev }),
      delete: (id, condition) => call("delete", { collection, id, rev: condition?.rev }),
      count: (where) => call("count", { collection, where }),
    }),
  }
}
