/**
 * Bounds of the query language. They are fixed, not options: a query that one install takes, every install and every
 * engine takes. SQLite fails beyond an expression depth of 1,000, PostgreSQL refuses index rows above 2,704 bytes.
 */
export interface LanguageLimits {
  /** Nesting of `$and`, `$or`, `$nor`, `$not` and `$elemMatch`. */
  readonly filterDepth: number
  /** Conditions and combinations in one filter. */
  readonly filterNodes: number
  /** Values in one `$in`, `$nin` or `$all`. */
  readonly listValues: number
  readonly pathSegments: number
  /** UTF-8 bytes of one segment. */
  readonly segmentBytes: number
  /** Characters of the SQL that a query comes to. */
  readonly statementLength: number
  /** Characters of one `$regex`. */
  readonly regexLength: number
  /** `.*` written in one `$regex`. */
  readonly regexWildcards: number
  /** Paths in one `sort`. */
  readonly sortPaths: number
  /** Paths in one `select`. */
  readonly selectPaths: number
  /** Documents in one page. */
  readonly pageDocuments: number
  /** Documents in a page when the query does not say. */
  readonly defaultPageDocuments: number
  /** UTF-8 bytes of a string on an indexed path, and of a string that a cursor carries. */
  readonly indexedStringBytes: number
  /** UTF-8 bytes of all strings of one document in one index. */
  readonly indexEntryBytes: number
  /** Entries of one document in one `members` index. */
  readonly indexMembers: number
  readonly indexFields: number
  readonly indexes: number
  /** Paths in one update. */
  readonly updatePaths: number
  /** Nesting of arrays and objects in a document or an operand. */
  readonly valueDepth: number
  readonly collections: number
}

export const languageLimits: LanguageLimits = {
  filterDepth: 16,
  filterNodes: 256,
  listValues: 1000,
  pathSegments: 8,
  segmentBytes: 256,
  statementLength: 256 * 1024,
  regexLength: 1000,
  regexWildcards: 4,
  sortPaths: 8,
  selectPaths: 64,
  pageDocuments: 1000,
  defaultPageDocuments: 50,
  indexedStringBytes: 1024,
  indexEntryBytes: 2500,
  indexMembers: 1000,
  indexFields: 6,
  indexes: 32,
  updatePaths: 256,
  valueDepth: 64,
  collections: 1000,
}

/** Bounds of one install, given to `openDocuments`. */
export interface StoreLimits {
  /** UTF-8 bytes of one document's canonical text. Default 1 MiB. */
  readonly maxDocumentBytes: number
  /** Documents of one insert. Default 1,000. */
  readonly maxBatch: number
  /** UTF-8 bytes of the documents of one page; a page ends early when it reaches them. Default 16 MiB. */
  readonly maxPageBytes: number
  /** How long a query may take that no index bounds, waiting for a reader included. Default 5,000 ms. */
  readonly scanTimeoutMs: number
  /** How far a count goes by an index before it answers "at least". Default 10,000. */
  readonly maxCountedDocuments: number
  /** How many documents a count without an index looks at before it answers "at least". Default 32,000. */
  readonly maxScannedDocuments: number
}

export const defaultLimits: StoreLimits = {
  maxDocumentBytes: 1024 * 1024,
  maxBatch: 1000,
  maxPageBytes: 16 * 1024 * 1024,
  scanTimeoutMs: 5000,
  maxCountedDocuments: 10_000,
  maxScannedDocuments: 32_000,
}
