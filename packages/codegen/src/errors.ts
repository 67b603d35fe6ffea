import { defineError, type ErrorClass } from "@ashlar/core"

export const SchemaUnreadable: ErrorClass<"CODEGEN_SCHEMA_UNREADABLE", 422> = defineError(
  "CODEGEN_SCHEMA_UNREADABLE",
  422,
  "A schema makes no type. The message says which.",
)
