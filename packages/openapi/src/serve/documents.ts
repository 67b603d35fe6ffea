import type { RouteTable } from "@ashlar/http"
import { createAsyncApi } from "../asyncapi/asyncapi.ts"
import type { Json } from "../json.ts"
import { createOpenApi } from "../openapi.ts"
import { toYaml } from "../yaml.ts"
import type { DocumentOptions } from "./document-options.ts"

export type DocumentKind = "openapi" | "asyncapi"
export type DocumentFormat = "json" | "yaml"

/** The documents of one app, each written once, when it is first asked for. */
export class Documents {
  readonly #table: () => RouteTable
  readonly #options: DocumentOptions
  readonly #written = new Map<string, string>()

  constructor(table: () => RouteTable, options: DocumentOptions) {
    this.#table = table
    this.#options = options
  }

  /** The versions of the API that there is a document of; none where routes have no version. */
  get versions(): readonly string[] {
    return [...new Set(this.#table().records.flatMap(({ version }) => version ?? []))]
  }

  document(kind: DocumentKind, apiVersion?: string): Json {
    return kind === "openapi"
      ? openApiOf(this.#table(), this.#options, apiVersion)
      : asyncApiOf(this.#table(), this.#options, apiVersion)
  }

  text(kind: DocumentKind, format: DocumentFormat, apiVersion?: string): string {
    const key = `${kind} ${format} ${apiVersion ?? ""}`
    const before = this.#written.get(key)
    if (before !== undefined) return before
    const document = this.document(kind, apiVersion)
    const text = format === "json" ? JSON.stringify(document) : toYaml(document)
    this.#written.set(key, text)
    return text
  }
}

export function openApiOf(
  table: RouteTable,
  { asyncapi: _async, ...options }: DocumentOptions,
  apiVersion?: string,
): Json {
  return createOpenApi(table, { ...options, ...(apiVersion !== undefined && { apiVersion }) })
}

/** The same API's document of messages: what both documents say comes from the same options. */
export function asyncApiOf(table: RouteTable, options: DocumentOptions, apiVersion?: string): Json {
  const { asyncapi, servers: _http, webhooks: _sent, securityOf: _of, ...shared } = options
  return createAsyncApi(table, { ...shared, ...asyncapi, ...(apiVersion !== undefined && { apiVersion }) })
}
