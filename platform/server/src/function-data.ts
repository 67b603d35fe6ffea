import {
  type Action,
  type DocumentCollection,
  FieldUnknown,
  parseFilter,
  parseQuery,
  parseUpdate,
  ValueInvalid,
} from "@ashlar/documents"
import type { DataOperation, DataPort } from "@ashlar/functions"
import type { ProjectRooms } from "./project-rooms.ts"

/** What a function asks of its documents: JSON that its own code made, so nothing in it is trusted. */
interface Request {
  readonly collection: string
  readonly id: string
  readonly data: unknown
  readonly operations: unknown
  readonly query: unknown
  readonly where: unknown
  readonly rev: unknown
}

const ACTIONS: Readonly<Record<DataOperation, Action>> = {
  list: "read",
  query: "read",
  get: "read",
  count: "read",
  insert: "create",
  replace: "update",
  patch: "update",
  delete: "delete",
}

/**
 * The documents of a function's own project, and of no other: the project comes from the channel, never from the
 * request. The rules hold for functions as they do for secret keys.
 */
export function createFunctionData(rooms: ProjectRooms): DataPort {
  return {
    async call(projectId, operation, args) {
      const request = args as unknown as Request
      const { documents } = await rooms.open(projectId)
      const name = readText("collection", request.collection)
      const { mayCreate } = documents.admit(name, ACTIONS[operation], "function")
      return run(documents.collection(name), operation, { ...request, mayCreate })
    },
  }
}

async function run(
  collection: DocumentCollection,
  operation: DataOperation,
  { id, data, operations, query, where, rev, mayCreate }: Request & { readonly mayCreate: boolean },
): Promise<unknown> {
  switch (operation) {
    case "list":
    case "query":
      return collection.query(parseQuery(query))
    case "count":
      return collection.count(where === undefined ? undefined : parseFilter(where))
    case "get":
      return (await collection.get(readText("id", id))) ?? null
    case "insert":
      return Array.isArray(data) ? { items: await collection.insertMany(data) } : collection.insert(data)
    case "replace":
      return collection.replace(readText("id", id), data, { ...readRev(rev), ...(!mayCreate && { mustExist: true }) })
    case "patch":
      return collection.patch(readText("id", id), parseUpdate(operations), readRev(rev))
    case "delete":
      await collection.delete(readText("id", id), readRev(rev))
      return null
    default:
      throw new FieldUnknown(`ctx.db knows no operation "${String(operation)}"`)
  }
}

function readText(name: string, value: unknown): string {
  if (typeof value === "string" && value !== "") return value
  throw new ValueInvalid(`Expected ${name} to be a text, got ${JSON.stringify(value) ?? "nothing"}`)
}

function readRev(rev: unknown): { readonly ifRev?: number } {
  if (rev === undefined || rev === null) return {}
  if (typeof rev === "number" && Number.isSafeInteger(rev) && rev > 0) return { ifRev: rev }
  throw new ValueInvalid(
    `Expected rev to be the revision of a document, a whole number from 1, got ${JSON.stringify(rev)}`,
  )
}
