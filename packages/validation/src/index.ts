export type { Branded } from "./brand.ts"
export type { Member } from "./discriminated-union.ts"
export { AsyncUnexpected, LocaleUnknown, SchemaInvalid, TargetUnsupported, ValidationFailed } from "./errors.ts"
export type { AsyncFileSchema, BytesFile, FileLike, FileSchema, ImageRules } from "./file-schema.ts"
export type { IntersectionInput, IntersectionOutput } from "./intersection.ts"
export type { IssueCode, Message, MessageIssue, ValidationIssue } from "./issue.ts"
export { MAX_DEPTH, MAX_ISSUES } from "./issue.ts"
export type { JsonSchema, JsonSchemaMode, JsonSchemaOptions, JsonSchemaTarget } from "./json-schema.ts"
export { toJsonSchema } from "./json-schema.ts"
export type { EnumObject } from "./literal.ts"
export type { LocaleName } from "./load-locale.ts"
export { LOCALES, loadLocale, pickLocale } from "./load-locale.ts"
export type { Locale, PluralForms, TextKey, Unit } from "./locale.ts"
export { defaultLocale, setDefaultLocale } from "./locale.ts"
export type { Literal } from "./node.ts"
export type {
  AsyncShape,
  Extended,
  ObjectInput,
  ObjectOutput,
  ObjectSchema,
  Omitted,
  PartialShape,
  RequiredShape,
  Shape,
} from "./object-schema.ts"
export type { ParseArrayOptions } from "./pipes.ts"
export { ParseArray, ParseBool, ParseDate, ParseEnum, ParseFloat, ParseInt, ParseUuid } from "./pipes.ts"
export type { AsyncRule, RuleMessage } from "./rule.ts"
export { Rule } from "./rule.ts"
export type {
  AnyAsyncSchema,
  AnySchema,
  ArraySchema,
  AsyncOptional,
  AsyncSchema,
  AsyncSchemaProps,
  BigintSchema,
  DateSchema,
  Defaulted,
  Infer,
  InferInput,
  NumberSchema,
  Optional,
  RecordSchema,
  RefineOptions,
  Schema,
  SchemaNotes,
  SchemaProps,
  TupleInput,
  TupleOutput,
  TupleSchema,
  ValidationFailure,
  ValidationResult,
} from "./schema.ts"
export type { StringSchema } from "./string-schema.ts"
export type { Json } from "./unknown.ts"
export type { ArrayBuilder, Builder, Coercions, EnumBuilder, ObjectBuilder } from "./v.ts"
export { v } from "./v.ts"
export type { ValidateOptions } from "./validate.ts"
export { parse, parseAsync, validate, validateAsync } from "./validate.ts"
