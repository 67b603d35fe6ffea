import type { BodyNotes, Json } from "@ashlar/openapi"

/** What the API's document says of documents beyond their schemas: the engine reads these by itself, with errors of its own. */

const PATH: Json = { anyOf: [{ type: "string" }, { type: "array", items: { type: "string" } }] }

/** The body of a query. */
export const QUERY: Json = {
  type: "object",
  properties: {
    where: { type: "object", description: "A filter: `{ area: { $gt: 100 } }`" },
    sort: {
      type: "array",
      description: '`"-area"` sorts downwards; ties are broken by id',
      items: {
        anyOf: [
          { type: "string" },
          {
            type: "object",
            required: ["path", "direction"],
            properties: { path: PATH, direction: { type: "string", enum: ["asc", "desc"] } },
          },
        ],
      },
    },
    limit: { type: "integer", minimum: 1, maximum: 1000, default: 50 },
    cursor: { type: "string", description: "`next` of the page before; it belongs to this one query" },
    select: { type: "array", items: PATH },
    count: { type: "boolean", description: "Also count all matches, whatever the limit" },
  },
  examples: [{ where: { region: "Europe" }, sort: ["-area"], limit: 10 }],
}

/** The same in an address. */
export const LIST_QUERY: Readonly<Record<string, Json>> = {
  limit: { type: "integer", minimum: 1, maximum: 1000, default: 50 },
  cursor: { type: "string", description: "`next` of the page before" },
  sort: { type: "string", description: "Paths with commas between them: `-area,name`" },
  select: { type: "string", description: "Paths with commas between them" },
  where: { type: "string", description: "A filter, as JSON" },
  count: { type: "boolean", description: "Also count all matches, whatever the limit" },
}

/** A document's data: any object. */
export const DATA: Json = { type: "object", additionalProperties: true, examples: [{ name: "Iceland", area: 103_000 }] }

/** One document, or a list of them, all or none. */
export const INSERT: Json = { anyOf: [DATA, { type: "array", items: DATA, minItems: 1, maxItems: 1000 }] }

/** Operators, or a merge patch. */
export const UPDATE: Json = {
  type: "object",
  description: "Operators (`$set`, `$unset`, `$inc`, `$min`, `$max`, `$push`, `$pull`, `$addToSet`), or a merge patch",
  additionalProperties: true,
  examples: [{ $set: { name: "Iceland" } }, { name: "Iceland" }],
}

/** The revision of a document as its entity tag. */
export const ETAG: Json = { type: "string", examples: ['"7"'] }

/** Which state a write is for. */
export const PRECONDITIONS: Readonly<Record<string, Json>> = {
  "if-match": { type: "string", description: 'Only if this is its revision, `"7"`, or it is there at all, `*`' },
  "if-none-match": { type: "string", description: "`*`: only if it is not there" },
}

/** A body of JSON. */
export function inJson(schema: Json): BodyNotes {
  return { content: { "application/json": schema } }
}
