import { defineError, type ErrorClass } from "@ashlar/core"

export const ValidationFailed: ErrorClass<"VALIDATION_FAILED", 422> = defineError(
  "VALIDATION_FAILED",
  422,
  "A value does not fit its schema. `details.issues` says where and what was expected.",
)

export const SchemaInvalid: ErrorClass<"VALIDATION_SCHEMA_INVALID", 500> = defineError(
  "VALIDATION_SCHEMA_INVALID",
  500,
  "A schema is built wrongly: a bound that is no number, an empty list of values, a part that is no schema. Correct the code that builds it.",
)

export const TargetUnsupported: ErrorClass<"VALIDATION_TARGET_UNSUPPORTED", 500> = defineError(
  "VALIDATION_TARGET_UNSUPPORTED",
  500,
  "A schema was asked for in a dialect of JSON Schema that there is not, or has something that the dialect cannot say. Ask for `draft-2020-12`, which says the most.",
)

export const AsyncUnexpected: ErrorClass<"VALIDATION_ASYNC", 500> = defineError(
  "VALIDATION_ASYNC",
  500,
  "A schema with asynchronous rules was asked for an answer at once. Use `validateAsync` or `parseAsync`.",
)

export const LocaleUnknown: ErrorClass<"VALIDATION_LOCALE_UNKNOWN", 500> = defineError(
  "VALIDATION_LOCALE_UNKNOWN",
  500,
  "Messages are asked for in a language that there are none in. `LOCALES` lists those there are.",
)

export const JsonSchemaInvalid: ErrorClass<"VALIDATION_JSON_SCHEMA_INVALID", 422> = defineError(
  "VALIDATION_JSON_SCHEMA_INVALID",
  422,
  "A JSON Schema document cannot be made a validator: a keyword has a value that it may not have, a reference leads nowhere or in a circle, or a pattern may take too long. Correct the document.",
)

export const JsonSchemaTooLarge: ErrorClass<"VALIDATION_JSON_SCHEMA_TOO_LARGE", 422> = defineError(
  "VALIDATION_JSON_SCHEMA_TOO_LARGE",
  422,
  "A JSON Schema document has more values, levels or parts than are taken. Split it, or let parts refer to each other less.",
)
