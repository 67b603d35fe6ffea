import type { Document } from "@ashlar/sdk"
import type { InfiniteData } from "@tanstack/react-query"
import { holdDeletion } from "../../deletions.ts"
import { createStore } from "../../model/external.ts"
import { titleOf } from "../../model/fields.ts"
import { plural } from "../../model/format.ts"
import { documentQuery, queryClient, refresh } from "../../queries.ts"
import { admin } from "../../session.ts"

/** The ids of the list on the screen, in its order: what previous and next mean in the panel beside it. */
export const listedIds = createStore<readonly string[]>([])

/** What the first documents of the collection look like; a new one starts from it. */
export const sampleDocument = createStore<Document | undefined>(undefined)

/** Documents that have just changed. */
export const flashes = createStore<ReadonlySet<string>>(new Set())
const FLASH_MS = 3_000

export function flash(id: string): void {
  flashes.set((old) => new Set([...old, id]))
  setTimeout(() => flashes.set((old) => new Set([...old].filter((other) => other !== id))), FLASH_MS)
}

type Pages = InfiniteData<{
  readonly items: readonly Document[]
  readonly next: string | null
  readonly tookMs: number
}>

function eachList(p: string, c: string, change: (items: readonly Document[]) => readonly Document[]): void {
  queryClient.setQueriesData<Pages>({ queryKey: ["p", p, "documents", c] }, (old) =>
    old ? { ...old, pages: old.pages.map((page) => ({ ...page, items: change(page.items) })) } : old,
  )
}

/** Puts a changed document in its place in every list, without moving rows. */
export function documentChanged(p: string, c: string, document: Document): void {
  queryClient.setQueryData(documentQuery(p, c, document.id).queryKey, document)
  eachList(p, c, (items) => items.map((old) => (old.id === document.id ? document : old)))
  refresh(p, "count", "explain")
  flash(document.id)
}

/** Deletes after the time for Undo; each one only while it is as it was seen. */
export function deleteDocuments(p: string, c: string, documents: readonly Document[]): void {
  const [first] = documents
  if (!first) return
  const ids = documents.map(({ id }) => id)
  holdDeletion({
    ids,
    label: documents.length === 1 ? titleOf(first) : plural(documents.length, "document"),
    commit: () => deleteNow(p, c, documents),
  })
}

export async function deleteNow(p: string, c: string, documents: readonly Document[]): Promise<void> {
  const collection = admin.documents(p, c)
  const results = await Promise.allSettled(documents.map(({ id, rev }) => collection.delete(id, { rev })))
  const gone = new Set(documents.filter((_, position) => results[position]?.status === "fulfilled").map(({ id }) => id))
  eachList(p, c, (items) => items.filter(({ id }) => !gone.has(id)))
  refresh(p, "count", "collection", "collections", "explain")
  const failure = results.find((result) => result.status === "rejected")
  if (failure) throw failure.reason
}
