import type { Need } from "@ashlar/control"
import {
  CollectionExists,
  CollectionInvalid,
  CollectionNotFound,
  CursorInvalid,
  EncryptedField,
  FieldUnknown,
  IndexInvalid,
  IndexRefused,
  PathInvalid,
  TooManyCollections,
} from "@ashlar/documents"
import { Collection, CollectionPatch, NewCollection, PageQuery, pageOf } from "@ashlar/protocol"
import type { Api } from "../layers/caller.ts"
import type { Entries } from "../layers/entry.ts"
import { pageRequest } from "../page-request.ts"
import type { Platform } from "../platform.ts"

const reads: Need = { role: "viewer", key: "secret", scope: "collections:read" }
const changes: Need = { role: "developer", scope: "collections:write" }
const refused = [CollectionInvalid, EncryptedField, IndexInvalid, FieldUnknown, PathInvalid]

/** Collections: their names, rules and indexes. Members change them, and keys made for that: whoever may change a rule holds them all. */
export function addCollectionRoutes(app: Api, platform: Platform, { inProject }: Entries): void {
  const tags = ["collections"]
  const { control } = platform

  app.scope("/v1/projects/:project/collections", (collections) => {
    collections.get(
      "/",
      {
        name: "collections.list",
        tags,
        summary: "The collections of a project, by name",
        layers: [inProject(reads)],
        query: PageQuery,
        response: pageOf(Collection),
        errors: [CursorInvalid],
      },
      async (ctx) => {
        const { documents } = await platform.rooms.open(ctx.access.project.id)
        return documents.collections.list(pageRequest(ctx.query))
      },
    )

    collections.post(
      "/",
      {
        name: "collections.create",
        tags,
        summary: "Make a collection; without rules it is closed to every key",
        layers: [inProject(changes)],
        body: NewCollection,
        response: { 201: Collection },
        errors: [CollectionExists, TooManyCollections, ...refused],
      },
      async (ctx) => {
        const { documents } = await platform.rooms.open(ctx.access.project.id)
        const made = await documents.collections.create(ctx.body)
        const { name, rules } = made
        await control.audit.record(ctx.access, { action: "collection.create", target: name, details: { rules } })
        return ctx.json(made, 201)
      },
    )

    collections.get(
      "/:collection",
      {
        name: "collections.get",
        tags,
        summary: "One collection, with its rules, indexes and count",
        layers: [inProject(reads)],
        response: Collection,
        errors: [CollectionNotFound],
      },
      async (ctx) => {
        const { documents } = await platform.rooms.open(ctx.access.project.id)
        return documents.collections.get(ctx.params.collection)
      },
    )

    collections.patch(
      "/:collection",
      {
        name: "collections.update",
        tags,
        summary: "Change rules, or say which indexes there are",
        layers: [inProject(changes)],
        body: CollectionPatch,
        response: Collection,
        errors: [CollectionNotFound, IndexRefused, ...refused],
      },
      async (ctx) => {
        const { documents } = await platform.rooms.open(ctx.access.project.id)
        const changed = await documents.collections.update(ctx.params.collection, ctx.body)
        const details = { ...ctx.body } as Readonly<Record<string, unknown>>
        await control.audit.record(ctx.access, { action: "collection.update", target: changed.name, details })
        return changed
      },
    )

    collections.delete(
      "/:collection",
      {
        name: "collections.delete",
        tags,
        summary: "Delete a collection with all its documents, for good",
        layers: [inProject(changes)],
        response: { 204: null },
        errors: [CollectionNotFound],
      },
      async (ctx) => {
        const { documents } = await platform.rooms.open(ctx.access.project.id)
        const { count } = await documents.collections.get(ctx.params.collection)
        await documents.collections.delete(ctx.params.collection)
        const target = ctx.params.collection
        await control.audit.record(ctx.access, { action: "collection.delete", target, details: { documents: count } })
        return ctx.empty()
      },
    )
  })
}
