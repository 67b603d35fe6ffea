export { SchemaInvalid, TargetUnsupported, ValidationFailed } from "./errors.ts"
export type { IssueCode, ValidationIssue } from "./issue.ts"
export { MAX_DEPTH, MAX_ISSUES } from "./issue.ts"
export type { JsonSchema, JsonSchemaMode } from "./json-schema.ts"
export { toJsonSchema } from "./json-schema.ts"
export type { Literal } from "./literal.ts"
export type {
  AnySchema,
  ArraySchema,
  Defaulted,
  Infer,
  InferInput,
  NumberSchema,
  ObjectInput,
  ObjectOutput,
  ObjectSchema,
  Optional,
  RecordSchema,
  Schema,
  SchemaNotes,
  SchemaProps,
  Shape,
  StringSchema,
  ValidationFailure,
  ValidationResult,
} from "./schema.ts"
export type { Json } from "./unknown.ts"
export type { Builder, Coercions } from "./v.ts"
export { v } from "./v.ts"
export { parse, validate } from "./validate.ts"
