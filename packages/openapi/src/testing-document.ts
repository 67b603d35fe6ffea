import { type App, createApp } from "@ashlar/http"
import { type Schema, v } from "@ashlar/validation"
import type { Json } from "./json.ts"
import { createOpenApi, type OpenApiOptions } from "./openapi.ts"

/** The document as tests read it. */
export interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Json>>; readonly securitySchemes?: Json }
  readonly [key: string]: unknown
}
interface Operation {
  readonly parameters: readonly Json[]
  readonly requestBody: { readonly required: boolean; readonly content: Readonly<Record<string, Json>> }
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly headers?: Json; readonly content: Json }>
  >
  readonly [key: string]: unknown
}

export const handler = (): never => undefined as never

/** The document of the routes that a function declares. */
export function documentOf(declare: (app: App) => void, options: Partial<OpenApiOptions> = {}): Document {
  const app = createApp() as App
  declare(app)
  return createOpenApi(app.table(), { title: "Test", version: "1.0.0", ...options }) as unknown as Document
}

export interface User {
  id: string
  name: string
}
export const User: Schema<User> = v
  .object({ id: v.string(), name: v.string().describe("As they sign") })
  .meta({ id: "User", examples: [{ id: "1", name: "Ana" }] })

export const problem = (code: string): Json => ({
  "application/problem+json": { schema: { $ref: `#/components/schemas/${code}` } },
})
