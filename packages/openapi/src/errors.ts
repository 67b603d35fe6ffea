import { defineError, type ErrorClass } from "@ashlar/core"

export const SchemaUndescribed: ErrorClass<"OPENAPI_SCHEMA_UNDESCRIBED", 500> = defineError(
  "OPENAPI_SCHEMA_UNDESCRIBED",
  500,
  "A route has a schema that its library cannot say in JSON Schema, and `undescribed` is `refuse`. The message names both.",
)
export const SecurityConflict: ErrorClass<"OPENAPI_SECURITY_CONFLICT", 500> = defineError(
  "OPENAPI_SECURITY_CONFLICT",
  500,
  "Two layers describe different security schemes by one name. Rename one of them.",
)
export const OptionInvalid: ErrorClass<"OPENAPI_OPTION_INVALID", 500> = defineError(
  "OPENAPI_OPTION_INVALID",
  500,
  "An option of the documents cannot be: a version that no route is of, or a path that is none.",
)
export const DocumentInvalid: ErrorClass<"OPENAPI_DOCUMENT_INVALID", 400> = defineError(
  "OPENAPI_DOCUMENT_INVALID",
  400,
  "What is to be compared is no OpenAPI document of version 3.",
)
export const PageMissing: ErrorClass<"OPENAPI_PAGE_MISSING", 500> = defineError(
  "OPENAPI_PAGE_MISSING",
  500,
  "The page of documents was bundled away from its script. Install @ashlar/openapi beside the bundle, or serve no page.",
)
