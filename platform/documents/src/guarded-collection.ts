import { AshlarError } from "@ashlar/core"
import { apply } from "./apply.ts"
import type { DocumentCollection } from "./collection.ts"
import { type Document, type Precondition, toStoredDocument } from "./document.ts"
import { DocumentNotFound, DocumentsForbidden, RevisionConflict } from "./errors.ts"
import type { Filter } from "./filter.ts"
import { matches } from "./matches.ts"
import type { Action } from "./rules.ts"
import { quote } from "./text.ts"
import type { JsonObject } from "./value.ts"

/** The documents that a caller reaches, for each action that is theirs. Absent: all. */
export interface Guard {
  readonly action: Action
  /** Documents that are there: which of them the action reaches, and for an update also what it may make of them. */
  readonly held: Filter | undefined
  /** Documents that are made. */
  readonly created: Filter | undefined
  readonly maxDocumentBytes: number
}

/** Writes of others that one write of a guarded collection lets pass before it gives up. */
const MAX_ATTEMPTS = 8

/**
 * A collection of which a caller reaches some documents: what is beyond is as if it were not there. Each check and its write are of one
 * revision, so no change comes between them.
 */
export function guardCollection(collection: DocumentCollection, guard: Guard): DocumentCollection {
  const { held, created, action, maxDocumentBytes } = guard
  if (held === undefined && created === undefined) return collection

  const isHeld = ({ data }: Pick<Document, "data">): boolean => held === undefined || matches(held, data)
  const hides = (document: Document | undefined): boolean => document === undefined || !isHeld(document)

  const checkMade = (data: unknown, filter: Filter | undefined, rule: Action): void => {
    const { value } = toStoredDocument(data, { maxDocumentBytes })
    if (filter === undefined || matches(filter, value)) return
    throw new DocumentsForbidden(
      `The rule "${rule}" of the collection "${collection.name}" does not let this caller leave the document so.`,
      { details: { collection: collection.name, rule, needs: "user", caller: "user" } },
    )
  }

  /** Runs a write on the revision that was checked, and checks again when another write was first. */
  async function steadily<T>(
    id: string,
    precondition: Precondition,
    write: (found: Document | undefined, steady: Precondition) => Promise<T>,
  ): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const found = await collection.get(id)
      const rev = found?.rev
      if (precondition.ifRev !== undefined && rev !== undefined && !hides(found) && precondition.ifRev !== rev) {
        throw conflict(precondition.ifRev, rev)
      }
      try {
        return await write(found, rev === undefined ? { mustNotExist: true } : { ifRev: rev })
      } catch (error) {
        const isOvertaken = isConflict(error) && precondition.ifRev === undefined
        if (!isOvertaken || precondition.mustNotExist || attempt === MAX_ATTEMPTS) throw error
      }
    }
  }

  return {
    name: collection.name,
    async insert(data) {
      checkMade(data, created, "create")
      return collection.insert(data)
    },
    async insertMany(data) {
      for (const each of data) checkMade(each, created, "create")
      return collection.insertMany(data)
    },
    async get(id) {
      const found = await collection.get(id)
      return hides(found) ? undefined : found
    },
    replace: (id, data, precondition = {}) =>
      steadily(id, precondition, async (found, steady) => {
        if (found === undefined) {
          if (precondition.mustExist || precondition.ifRev !== undefined)
            return collection.replace(id, data, precondition)
          checkMade(data, created, "create")
          return collection.replace(id, data, steady)
        }
        if (precondition.mustNotExist) return collection.replace(id, data, precondition)
        if (hides(found)) throw notFound(collection.name, id)
        checkMade(data, held, action)
        return collection.replace(id, data, steady)
      }),
    patch: (id, update, precondition = {}) =>
      steadily(id, precondition, async (found, steady) => {
        if (found === undefined || hides(found)) throw notFound(collection.name, id)
        checkMade(apply(found.data as JsonObject, update), held, action)
        return collection.patch(id, update, steady)
      }),
    delete: (id, precondition = {}) =>
      steadily(id, precondition, async (found, steady) => {
        if (found === undefined || hides(found)) throw notFound(collection.name, id)
        return collection.delete(id, steady)
      }),
    query: (query) => collection.query({ ...query, where: both(query.where) }),
    explain: (query) => collection.explain({ ...query, where: both(query.where) }),
    count: (where) => collection.count(where === undefined ? held : both(where)),
  }

  function both(where: Filter): Filter {
    return held === undefined ? where : { op: "and", filters: [held, where] }
  }
}

/** What the writer throws is rebuilt on this side, so its code tells what it is, and not its class. */
function isConflict(error: unknown): boolean {
  return error instanceof AshlarError && error.code === RevisionConflict.code
}

function notFound(collection: string, id: string): InstanceType<typeof DocumentNotFound> {
  return new DocumentNotFound(`The collection ${quote(collection)} has no document ${quote(id)}.`)
}

function conflict(expected: number, current: number): InstanceType<typeof RevisionConflict> {
  return new RevisionConflict(
    `Expected revision ${expected}, found revision ${current}. Nothing was written; read the document again and retry.`,
    { details: { expected, current } },
  )
}
