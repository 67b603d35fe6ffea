import type { AsyncApiOptions } from "../asyncapi/asyncapi.ts"
import type { OpenApiOptions } from "../openapi.ts"

/** What both documents of an app are written with. */
export interface DocumentOptions extends Omit<OpenApiOptions, "apiVersion"> {
  /** What only the AsyncAPI document says. */
  readonly asyncapi?: Pick<AsyncApiOptions, "servers" | "channels">
}
