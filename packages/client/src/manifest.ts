import { clientError } from "./client-error.ts"

/**
 * What a client has to know at run time: for each route by its dotted name `"METHOD /path CODE …"`, with the codes of the
 * errors that it declares. The method of a WebSocket route is `WS`, or `WS+JSON` where its messages are JSON.
 */
export type Manifest = Readonly<Record<string, string>>

/** Where a server publishes its manifest. */
export const MANIFEST_PATH = "/.well-known/ashlar-routes"

/** One entry, read. */
export interface Entry {
  readonly method: string
  readonly path: string
  readonly codes: readonly string[]
}

/** @throws {CLIENT_ROUTE_UNKNOWN} */
export function entryOf(manifest: Manifest, name: string): Entry {
  const text = Object.hasOwn(manifest, name) ? manifest[name] : undefined
  if (typeof text !== "string") throw clientError("CLIENT_ROUTE_UNKNOWN", `No route "${name}".`)
  const [method = "", path = "", ...codes] = text.split(" ")
  return { method, path, codes }
}
