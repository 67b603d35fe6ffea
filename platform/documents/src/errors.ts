import { defineError, type ErrorClass } from "@ashlar/core"

/** The rule of the collection does not let this kind of caller do that. `details`: `{ collection, rule, needs, caller }`. */
export const DocumentsForbidden: ErrorClass<"DOCUMENTS_FORBIDDEN", 403> = defineError(
  "DOCUMENTS_FORBIDDEN",
  403,
  "The rules of this collection do not allow that to this kind of caller. Change the rule the message names, or use another key.",
)

/** `details`: `{ collection, nearest? }`. */
export const CollectionNotFound: ErrorClass<"DOCUMENTS_COLLECTION_NOT_FOUND", 404> = defineError(
  "DOCUMENTS_COLLECTION_NOT_FOUND",
  404,
  "No collection has this name. Create it first, or check the spelling.",
)

export const CollectionExists: ErrorClass<"DOCUMENTS_COLLECTION_EXISTS", 409> = defineError(
  "DOCUMENTS_COLLECTION_EXISTS",
  409,
  "A collection with this name exists already. Choose another name, or change the one that exists.",
)

/** The name, the rules or the shape of a collection's definition. `details`: `{ pointer, … }`. */
export const CollectionInvalid: ErrorClass<"DOCUMENTS_COLLECTION_INVALID", 400> = defineError(
  "DOCUMENTS_COLLECTION_INVALID",
  400,
  "The definition of the collection is not valid. The message names the part to correct.",
)

export const TooManyCollections: ErrorClass<"DOCUMENTS_TOO_MANY_COLLECTIONS", 409> = defineError(
  "DOCUMENTS_TOO_MANY_COLLECTIONS",
  409,
  "The project has as many collections as it may have. Delete one that is not used.",
)

/** An index definition that cannot be built whatever the documents hold. */
export const IndexInvalid: ErrorClass<"DOCUMENTS_INDEX_INVALID", 400> = defineError(
  "DOCUMENTS_INDEX_INVALID",
  400,
  "The index is not valid. The message names the part to correct.",
)

/** Documents that are stored already violate a new index. Nothing was changed. `details`: `{ index, path?, id, reason }`. */
export const IndexRefused: ErrorClass<"DOCUMENTS_INDEX_REFUSED", 409> = defineError(
  "DOCUMENTS_INDEX_REFUSED",
  409,
  "Stored documents do not fit this index, so nothing was changed. Correct the documents, or declare another kind of index.",
)

/** A write puts a value on an indexed path that its index does not take. `details`: `{ index, path, reason }`. */
export const IndexedValueRefused: ErrorClass<"DOCUMENTS_INDEXED_VALUE_REFUSED", 400> = defineError(
  "DOCUMENTS_INDEXED_VALUE_REFUSED",
  400,
  "An index of the collection does not take this value. Change the value, or the index.",
)

/** `details`: `{ index, id }`: the document that holds the value already. */
export const UniqueConflict: ErrorClass<"DOCUMENTS_UNIQUE_CONFLICT", 409> = defineError(
  "DOCUMENTS_UNIQUE_CONFLICT",
  409,
  "Another document holds these values of a unique index already. Nothing was written.",
)

export const DocumentNotFound: ErrorClass<"DOCUMENTS_NOT_FOUND", 404> = defineError(
  "DOCUMENTS_NOT_FOUND",
  404,
  "The collection has no document with this id.",
)

export const DocumentIdInvalid: ErrorClass<"DOCUMENTS_ID_INVALID", 400> = defineError(
  "DOCUMENTS_ID_INVALID",
  400,
  "A document id is 1 to 128 of the characters A-Z a-z 0-9 _ - . ~ and starts with a letter, a digit, _ or -.",
)

/** `details`: `{ expected, current }`; `null` stands for "no such document". */
export const RevisionConflict: ErrorClass<"DOCUMENTS_REVISION_CONFLICT", 412> = defineError(
  "DOCUMENTS_REVISION_CONFLICT",
  412,
  "The document is not at the revision this write expects. Nothing was written; read it again and retry.",
)

/** A value that JSON text cannot hold, or that the two engines would not store alike. `details`: `{ pointer }`. */
export const ValueInvalid: ErrorClass<"DOCUMENTS_VALUE_INVALID", 400> = defineError(
  "DOCUMENTS_VALUE_INVALID",
  400,
  "Values are null, booleans, finite numbers, well-formed strings without U+0000, arrays and objects.",
)

/** `details`: `{ sizeBytes, maxDocumentBytes }`, or `{ documents, maxBatch }`. */
export const DocumentTooLarge: ErrorClass<"DOCUMENTS_TOO_LARGE", 413> = defineError(
  "DOCUMENTS_TOO_LARGE",
  413,
  "The document or the batch is larger than the limit. Split it, or keep large content in files.",
)

/** A query of the wrong shape. `details`: `{ pointer }`. */
export const QueryInvalid: ErrorClass<"DOCUMENTS_QUERY_INVALID", 400> = defineError(
  "DOCUMENTS_QUERY_INVALID",
  400,
  "The query is not valid. The message names the part to correct.",
)

/** `details`: `{ pointer, operator, nearest? }`. */
export const OperatorUnknown: ErrorClass<"DOCUMENTS_OPERATOR_UNKNOWN", 400> = defineError(
  "DOCUMENTS_OPERATOR_UNKNOWN",
  400,
  "No operator has this name here. The message gives the nearest one.",
)

/** `details`: `{ pointer, field, nearest? }`. */
export const FieldUnknown: ErrorClass<"DOCUMENTS_FIELD_UNKNOWN", 400> = defineError(
  "DOCUMENTS_FIELD_UNKNOWN",
  400,
  "The request has a field that is not known here. The message gives the nearest one.",
)

export const PathInvalid: ErrorClass<"DOCUMENTS_PATH_INVALID", 400> = defineError(
  "DOCUMENTS_PATH_INVALID",
  400,
  'A path is text such as "a.b", or a list of keys such as ["a.b", "c"], with 1 to 8 segments.',
)

export const RegexUnsupported: ErrorClass<"DOCUMENTS_REGEX_UNSUPPORTED", 400> = defineError(
  "DOCUMENTS_REGEX_UNSUPPORTED",
  400,
  "$regex knows ^ $ . .* literals, \\ before punctuation, and classes such as [a-c] or [^xyz], with at most 4 times .*",
)

/** `details`: `{ pointer, limit }`. */
export const QueryTooComplex: ErrorClass<"DOCUMENTS_QUERY_TOO_COMPLEX", 400> = defineError(
  "DOCUMENTS_QUERY_TOO_COMPLEX",
  400,
  "The query is beyond a limit: 16 levels, 256 conditions, 1,000 values in a list.",
)

export const CursorInvalid: ErrorClass<"DOCUMENTS_CURSOR_INVALID", 400> = defineError(
  "DOCUMENTS_CURSOR_INVALID",
  400,
  "The cursor is not one that this query gave. Start from the first page.",
)

/** The last row of a page sorts by a string that a cursor cannot carry. `details`: `{ path, sizeBytes, maxBytes }`. */
export const SortKeyTooLong: ErrorClass<"DOCUMENTS_SORT_KEY_TOO_LONG", 400> = defineError(
  "DOCUMENTS_SORT_KEY_TOO_LONG",
  400,
  "The page ends at a string of more than 1,024 bytes, which no cursor can carry. Sort by another path.",
)

export const QueryTimeout: ErrorClass<"DOCUMENTS_QUERY_TIMEOUT", 504> = defineError(
  "DOCUMENTS_QUERY_TIMEOUT",
  504,
  "The query took longer than its time limit and was stopped. Ask for its plan with explain, and declare an index for it.",
)

/** An update of the wrong shape. `details`: `{ pointer }`. */
export const UpdateInvalid: ErrorClass<"DOCUMENTS_UPDATE_INVALID", 400> = defineError(
  "DOCUMENTS_UPDATE_INVALID",
  400,
  "The update is not valid. The message names the part to correct.",
)

/** An operator met a value of a type it cannot change. Nothing was written. `details`: `{ operator, path, found }`. */
export const TypeConflict: ErrorClass<"DOCUMENTS_TYPE_CONFLICT", 409> = defineError(
  "DOCUMENTS_TYPE_CONFLICT",
  409,
  "The stored value is of a type that this operator cannot change. Nothing was written.",
)

/** A query, sort or index on a field that is encrypted. `details`: `{ path }`. */
export const EncryptedField: ErrorClass<"DOCUMENTS_ENCRYPTED_FIELD", 422> = defineError(
  "DOCUMENTS_ENCRYPTED_FIELD",
  422,
  "The field is encrypted: nothing can be found, sorted or indexed by it but whether it exists.",
)

export const FieldUnreadable: ErrorClass<"DOCUMENTS_FIELD_UNREADABLE", 500> = defineError(
  "DOCUMENTS_FIELD_UNREADABLE",
  500,
  "An encrypted field does not open: its value was changed, or comes from elsewhere.",
)
