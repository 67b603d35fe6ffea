import { KeyDestroyed, KeyDisabled } from "@ashlar/crypto"
import {
  CursorInvalid,
  DocumentIdInvalid,
  DocumentNotFound,
  DocumentTooLarge,
  EncryptedField,
  FieldUnknown,
  FieldUnreadable,
  IndexedValueRefused,
  OperatorUnknown,
  PathInvalid,
  parseListQuery,
  parseQuery,
  parseUpdate,
  QueryInvalid,
  QueryTimeout,
  QueryTooComplex,
  RegexUnsupported,
  RevisionConflict,
  SortKeyTooLong,
  TypeConflict,
  UniqueConflict,
  UpdateInvalid,
  ValueInvalid,
} from "@ashlar/documents"
import { describeRoute } from "@ashlar/openapi"
import {
  Document,
  DocumentBatch,
  DocumentInput,
  Explanation,
  QueryBody,
  QueryResult,
  UpdateBody,
} from "@ashlar/protocol"
import { PreconditionMalformed } from "../errors.ts"
import type { Api } from "../layers/caller.ts"
import type { Entries } from "../layers/entry.ts"
import { createRuleLayer } from "../layers/rules.ts"
import { limits } from "../limits.ts"
import type { Platform } from "../platform.ts"
import { etagOf, readPrecondition } from "../precondition.ts"
import { DATA, ETAG, INSERT, inJson, LIST_QUERY, PRECONDITIONS, QUERY, UPDATE } from "./document-notes.ts"

const badQuery = [
  EncryptedField,
  FieldUnreadable,
  KeyDisabled,
  QueryInvalid,
  OperatorUnknown,
  FieldUnknown,
  PathInvalid,
  RegexUnsupported,
  QueryTooComplex,
  CursorInvalid,
]
const badValue = [
  ...[ValueInvalid, IndexedValueRefused, DocumentTooLarge, UniqueConflict],
  ...[FieldUnreadable, KeyDisabled, KeyDestroyed],
]
const slow = [SortKeyTooLong, QueryTimeout]

/** Documents: each request passes the rules of its collection first. */
export function addDocumentRoutes(app: Api, platform: Platform, entries: Entries): void {
  const may = createRuleLayer(platform.rooms, entries)
  const maxBodyBytes = limits.maxDocumentsBodyBytes
  const tags = ["documents"]

  app.scope("/v1/projects/:project/collections/:collection", (collection) => {
    collection.post(
      "/query",
      {
        name: "documents.query",
        tags,
        summary: "Find documents by a filter, in an order, page by page",
        layers: may("read"),
        body: QueryBody,
        response: QueryResult,
        errors: [...badQuery, ...slow],
        meta: describeRoute({ body: inJson(QUERY) }),
      },
      (ctx) => ctx.collection.query(parseQuery(ctx.body)),
    )

    collection.post(
      "/explain",
      {
        name: "documents.explain",
        tags,
        summary: "How a query would run: its SQL, plan and index",
        layers: may("read"),
        body: QueryBody,
        response: Explanation,
        errors: badQuery,
        meta: describeRoute({ body: inJson(QUERY) }),
      },
      (ctx) => ctx.collection.explain(parseQuery(ctx.body)),
    )

    collection.get(
      "/documents",
      {
        name: "documents.list",
        tags,
        summary: "Find documents, with the query in the address: limit, cursor, sort, select, where",
        layers: may("read"),
        response: QueryResult,
        errors: [...badQuery, ...slow],
        meta: describeRoute({ query: LIST_QUERY }),
      },
      (ctx) => ctx.collection.query(parseListQuery(ctx.query as Readonly<Record<string, string>>)),
    )

    collection.post(
      "/documents",
      {
        name: "documents.insert",
        tags,
        summary: "Store a document, or a list of up to 1,000, all or none",
        layers: may("create"),
        body: DocumentInput,
        response: { 201: DocumentBatch },
        errors: badValue,
        meta: describeRoute({
          body: { ...inJson(INSERT), required: true },
          responses: { 201: { headers: { etag: ETAG, location: { type: "string" } } } },
        }),
        maxBodyBytes,
      },
      async (ctx) => {
        if (Array.isArray(ctx.body)) return ctx.json({ items: await ctx.collection.insertMany(ctx.body) }, 201)
        const document = await ctx.collection.insert(ctx.body)
        ctx.set("etag", etagOf(document.rev))
        ctx.set("location", `${ctx.path}/${document.id}`)
        return ctx.json(document, 201)
      },
    )

    collection.get(
      "/documents/:id",
      {
        name: "documents.get",
        tags,
        summary: "One document; with If-None-Match, only if it changed",
        layers: may("read"),
        response: { 200: Document, 304: null },
        errors: [DocumentNotFound, FieldUnreadable, KeyDisabled],
        meta: describeRoute({ headers: { "if-none-match": ETAG }, responses: { 200: { headers: { etag: ETAG } } } }),
      },
      async (ctx) => {
        const document = await ctx.collection.get(ctx.params.id)
        if (document === undefined) throw notFound(ctx.collection.name, ctx.params.id)
        const etag = etagOf(document.rev)
        ctx.set("etag", etag)
        return ctx.headers.get("if-none-match") === etag ? ctx.empty(304) : ctx.json(document, 200)
      },
    )

    collection.put(
      "/documents/:id",
      {
        name: "documents.replace",
        tags,
        summary: "Put data in a document's place, or create it under this id",
        layers: may("update"),
        body: DocumentInput,
        response: { 200: Document, 201: Document },
        maxBodyBytes,
        errors: [DocumentIdInvalid, DocumentNotFound, RevisionConflict, PreconditionMalformed, ...badValue],
        meta: describeRoute({
          body: { ...inJson(DATA), required: true },
          headers: PRECONDITIONS,
          responses: { 200: { headers: { etag: ETAG } }, 201: { headers: { etag: ETAG } } },
        }),
      },
      async (ctx) => {
        const document = await ctx.collection.replace(ctx.params.id, ctx.body, {
          ...readPrecondition(ctx),
          // Creating takes the rule for creating as well; whoever lacks it can only replace what is there.
          ...(!ctx.mayCreate && { mustExist: true }),
        })
        ctx.set("etag", etagOf(document.rev))
        return document.rev === 1 ? ctx.json(document, 201) : ctx.json(document, 200)
      },
    )

    collection.patch(
      "/documents/:id",
      {
        name: "documents.patch",
        tags,
        summary: "Change a document by operators, or by a merge patch (RFC 7396)",
        layers: may("update"),
        body: UpdateBody,
        response: Document,
        maxBodyBytes,
        errors: [
          DocumentNotFound,
          RevisionConflict,
          PreconditionMalformed,
          UpdateInvalid,
          TypeConflict,
          PathInvalid,
          ...badValue,
        ],
        meta: describeRoute({
          body: { ...inJson(UPDATE), required: true },
          headers: PRECONDITIONS,
          responses: { 200: { headers: { etag: ETAG } } },
        }),
      },
      async (ctx) => {
        const document = await ctx.collection.patch(ctx.params.id, parseUpdate(ctx.body), readPrecondition(ctx))
        ctx.set("etag", etagOf(document.rev))
        return document
      },
    )

    collection.delete(
      "/documents/:id",
      {
        name: "documents.delete",
        tags,
        summary: "Delete a document",
        layers: may("delete"),
        response: { 204: null },
        errors: [DocumentNotFound, RevisionConflict, PreconditionMalformed],
        meta: describeRoute({ headers: PRECONDITIONS }),
      },
      async (ctx) => {
        await ctx.collection.delete(ctx.params.id, readPrecondition(ctx))
        return ctx.empty()
      },
    )
  })
}

function notFound(collection: string, id: string): InstanceType<typeof DocumentNotFound> {
  return new DocumentNotFound(`No document "${id}" is in "${collection}"`)
}
