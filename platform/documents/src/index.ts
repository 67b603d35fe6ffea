export { apply, mergePatch } from "./apply.ts"
export type { Count, DocumentCollection, Explanation, Page } from "./collection.ts"
export type { CollectionInfo, Collections } from "./collections.ts"
export type { Document, Precondition } from "./document.ts"
export type { FieldCipher, FieldPlace } from "./encrypted-fields.ts"
export {
  CollectionExists,
  CollectionInvalid,
  CollectionNotFound,
  CursorInvalid,
  DocumentIdInvalid,
  DocumentNotFound,
  DocumentsForbidden,
  DocumentTooLarge,
  EncryptedField,
  FieldUnknown,
  FieldUnreadable,
  IndexedValueRefused,
  IndexInvalid,
  IndexRefused,
  OperatorUnknown,
  PathInvalid,
  QueryInvalid,
  QueryTimeout,
  QueryTooComplex,
  RegexUnsupported,
  RevisionConflict,
  SortKeyTooLong,
  TooManyCollections,
  TypeConflict,
  UniqueConflict,
  UpdateInvalid,
  ValueInvalid,
} from "./errors.ts"
export { documentsFeature } from "./feature.ts"
export type { Filter, Leaf, OpeningLeaf, RangeOperator, ReachedLeaf } from "./filter.ts"
export { parseFilter } from "./filter.ts"
export type { Glob, GlobClassItem, GlobToken } from "./glob.ts"
export type { Index, IndexInfo, IndexKind } from "./indexes.ts"
export { parseIndexes } from "./indexes.ts"
export type { LanguageLimits, StoreLimits } from "./limits.ts"
export { defaultLimits, languageLimits } from "./limits.ts"
export { matches } from "./matches.ts"
export type { Path } from "./path.ts"
export type { Query } from "./query.ts"
export { parseListQuery, parseQuery } from "./query.ts"
export type { Access, Action, CallerKind, RuleCaller, Rules } from "./rules.ts"
export { isAllowed, parseRules } from "./rules.ts"
export type { Selection } from "./selection.ts"
export type { Direction, SortField, SortPosition } from "./sort.ts"
export { comparePositions, parseSort, sortPosition } from "./sort.ts"
export type { Admission, DocumentStore, DocumentsOptions } from "./store.ts"
export { openDocuments } from "./store.ts"
export type { PullTest, Update, UpdateOperation } from "./update.ts"
export { parseUpdate } from "./update.ts"
export type { RuleUser, UserRule } from "./user-rule.ts"
export type { Json, JsonObject, JsonType } from "./value.ts"
export { canonical } from "./value.ts"
