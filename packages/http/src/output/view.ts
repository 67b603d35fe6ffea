import type { BaseContext } from "../context/context.ts"
import type { AnySchema } from "../schema.ts"
import { type Trim, trimOf } from "./trim.ts"

/** What a schema says of who is answered how much. @see serialize */
export interface View {
  /** Leaves out what one caller is not answered with. Undefined: every caller is answered with everything. */
  readonly trimFor: ((ctx: BaseContext) => Trim | undefined) | undefined
  /** Leaves out what no caller can be answered with, since the schema never had it. */
  readonly trim: Trim | undefined
}

/** A schema that shows more to some callers than to others. */
export interface ViewCarrier {
  readonly "~view"?: View
}

/** How much of a value is answered to a caller: all that the schema has, unless it says more about it. */
export function viewOf(schema: AnySchema & ViewCarrier): View {
  const known = schema["~view"]
  if (known !== undefined) return known
  const trim = trimOf(schema)
  return { trim, trimFor: trim && (() => trim) }
}
