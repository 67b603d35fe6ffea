import { defineError, type ErrorClass } from "@ashlar/core"

export const SchemaUnreadable: ErrorClass<"CODEGEN_SCHEMA_UNREADABLE", 422> = defineError(
  "CODEGEN_SCHEMA_UNREADABLE",
  422,
  "A schema makes no type. The message says which.",
)
export const DocumentInvalid: ErrorClass<"CODEGEN_DOCUMENT_INVALID", 422> = defineError(
  "CODEGEN_DOCUMENT_INVALID",
  422,
  "It is no OpenAPI document that a client can be written from. The message says why.",
)
