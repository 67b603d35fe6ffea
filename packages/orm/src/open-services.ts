import type { Service } from "@ashlar/core"
import type { Queryable } from "./database.ts"

/** The open databases of each service, for models that name the service. */
const open: WeakMap<object, Set<Queryable>> = new WeakMap()

export function databasesOf(service: Service<Queryable>): readonly Queryable[] {
  return [...(open.get(service) ?? [])]
}

export function noteOpen(service: object, database: Queryable): void {
  const all = open.get(service) ?? new Set()
  open.set(service, all.add(database))
}

export function noteClosed(service: object, database: Queryable): void {
  open.get(service)?.delete(database)
}
