import type { RouteTable } from "@ashlar/http"
import type { Json } from "./json.ts"
import type { Undescribed } from "./schemas/components.ts"
import { asyncApiOf, type DocumentKind, openApiOf } from "./serve/documents.ts"
import { servedOptions } from "./serve/serve-documents.ts"

/** What `ashlar openapi` asks for, as JSON. */
export interface ReadOptions {
  readonly kind: DocumentKind
  readonly apiVersion?: string
  readonly undescribed?: Undescribed
  /** For an app that does not serve its documents, and so does not say it itself. */
  readonly title: string
  readonly version: string
}

/**
 * The document of an app's table, with the options that the app serves it with. It runs in the app's own process, with the
 * app's own version of this package.
 * @throws {OPENAPI_SCHEMA_UNDESCRIBED} @throws {OPENAPI_SECURITY_CONFLICT} @throws {OPENAPI_OPTION_INVALID}
 */
export function read(table: RouteTable, { kind, apiVersion, undescribed, title, version }: ReadOptions): Json {
  const own = servedOptions(table) ?? { title, version }
  const options = undescribed === undefined ? own : { ...own, undescribed }
  return kind === "openapi" ? openApiOf(table, options, apiVersion) : asyncApiOf(table, options, apiVersion)
}
