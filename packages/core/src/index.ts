export type { Clock, ManualClock } from "./clock.ts"
export { manualClock, systemClock } from "./clock.ts"
export type { ErrorClass, ErrorOptions, ErrorReport } from "./errors.ts"
export { AshlarError, defineError, fromReport, Internal } from "./errors.ts"
export type { IdSource } from "./ids.ts"
export { createUuidv7, uuidv7 } from "./ids.ts"
export { didYouMean, editDistance, nearest } from "./nearest.ts"
export type {
  StandardFailure,
  StandardInput,
  StandardIssue,
  StandardJsonSchemaConverter,
  StandardJsonSchemaOptions,
  StandardJsonSchemaProps,
  StandardJsonSchemaV1,
  StandardOutput,
  StandardPathSegment,
  StandardResult,
  StandardSchemaProps,
  StandardSchemaV1,
  StandardSuccess,
  StandardTypedProps,
  StandardTypes,
} from "./standard-schema.ts"
