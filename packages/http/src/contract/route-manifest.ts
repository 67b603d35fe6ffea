import { Invalid } from "../errors.ts"
import type { RouteRecord, RouteTable } from "../table.ts"

/**
 * What a client of types has to know at run time: for each route, by the name that the client calls it by, `"METHOD /path
 * CODE …"` with the codes of the errors that it declares. A WebSocket route has the method `WS`, or `WS+JSON`.
 */
export type RouteManifest = Readonly<Record<string, string>>

/**
 * Makes the manifest of a table. A route is called by its place in the record it was added in, `users.show`, or else by its
 * name; one that has neither is left out. Of several versions of a route it names the default one.
 */
export function toManifest({ records, named }: RouteTable, include: (route: RouteRecord) => boolean): RouteManifest {
  const entries = new Map<string, string>()
  for (const record of records) {
    const { key, name } = record
    if (!include(record) || (name !== undefined && named(name) !== record)) continue
    if (name !== undefined && !entries.has(name)) entries.set(name, entryOf(record))
    if (key !== undefined) entries.set(key, entryOf(record))
  }
  return Object.fromEntries(entries)
}

function entryOf({ method, path, errors, input, websocket, meta }: RouteRecord): string {
  const codes = new Set(errors.map(({ code }) => code))
  if (Object.keys(input).length > 0) codes.add(Invalid.code)
  return [websocket === undefined ? method : socketMethod(meta), path, ...codes].join(" ")
}

function socketMethod({ websocket }: RouteRecord["meta"]): string {
  const { messages } = (websocket ?? {}) as { messages?: unknown }
  return messages === undefined ? "WS" : "WS+JSON"
}
