import { json, page, Refusal } from "./answers.ts"
import { applyPatch, type Collection, type Data, explain, find, matches, type Query, store } from "./documents.ts"
import { type Call, log, now } from "./world.ts"

type Fields = readonly (string | { path: string; direction: string })[]
interface Settings {
  rules?: Collection["rules"]
  indexes?: readonly { name?: string; fields: Fields; kind?: string; unique?: boolean }[]
}

const shown = ({ documents, ...rest }: Collection) => ({ ...rest, count: documents.length })

export function collectionsApi(call: Call): Response {
  const { project, who, method, url, name, part, body } = call
  if (name === undefined && method === "GET") return json(page(project.collections.map(shown), url))
  if (name === undefined) {
    const { name: wanted } = body as { name: string }
    if (project.collections.some((one) => one.name === wanted))
      throw new Refusal(409, "DOCUMENTS_COLLECTION_EXISTS", `There is a collection ${wanted} already.`)
    const rules = { read: null, create: null, update: null, delete: null }
    const made = { name: wanted, rules, indexes: [], documents: [], createdAt: now(), updatedAt: now() }
    project.collections.push(made)
    log(project, who, "collection.create", wanted)
    return json(shown(made), 201)
  }
  const collection = project.collections.find((one) => one.name === name)
  if (!collection) throw new Refusal(404, "DOCUMENTS_COLLECTION_NOT_FOUND", `No collection is called ${name}.`)
  if (part === undefined) return oneCollection(call, collection)
  if (part === "explain") return json(explain(collection, body))
  return part === "query" ? queryDocuments(collection, body) : documentsApi(call, collection)
}

function oneCollection({ project, who, method, body }: Call, collection: Collection): Response {
  if (method === "DELETE") {
    project.collections = project.collections.filter((one) => one !== collection)
    log(project, who, "collection.delete", collection.name)
    return json(null, 204)
  }
  const { rules, indexes } = (body ?? {}) as Settings
  if (rules) {
    collection.rules = { ...collection.rules, ...rules }
    log(project, who, "collection.update", collection.name, { rules })
  }
  if (indexes) collection.indexes = indexes.map(toIndex)
  return json(shown(collection))
}

function toIndex({ name, fields, kind = "scalar", unique = false }: NonNullable<Settings["indexes"]>[number]) {
  const full = fields.map((field) =>
    typeof field === "string"
      ? { path: field.replace(/^-/, ""), direction: field.startsWith("-") ? "desc" : "asc" }
      : field,
  )
  const derived = full.map((field) => `${field.path}_${field.direction === "desc" ? -1 : 1}`).join("_")
  return { name: name ?? derived, fields: full, kind, unique }
}

function queryDocuments(collection: Collection, query: Query): Response {
  const found = find(collection, query)
  const from = Number(query.cursor ?? 0)
  const to = from + (query.limit ?? 50)
  const count = collection.documents.filter((one) => matches(one.data, query.where)).length
  return json({
    items: found.slice(from, to),
    next: to < found.length ? String(to) : null,
    ...(query.count && { count: { value: count, exact: true } }),
  })
}

function documentsApi({ request, method, id, body }: Call, collection: Collection): Response {
  if (id === undefined) {
    const made = [body as Data | Data[]].flat().map((data) => store(data))
    collection.documents.push(...made)
    return Array.isArray(body) ? json({ items: made }, 201) : json(made[0], 201, { etag: '"1"' })
  }
  const stored = collection.documents.find((one) => one.id === id)
  if (!stored) throw new Refusal(404, "DOCUMENTS_NOT_FOUND", "No document has this id.")
  if (method === "GET") return json(stored, 200, { etag: `"${stored.rev}"` })
  const expected = Number(/\d+/.exec(request.headers.get("if-match") ?? "")?.[0] ?? stored.rev)
  if (expected !== stored.rev)
    throw new Refusal(
      412,
      "DOCUMENTS_REVISION_CONFLICT",
      `Expected revision ${expected}, the document is at ${stored.rev}.`,
      {
        details: { expected, current: stored.rev },
      },
    )
  if (method === "DELETE") {
    collection.documents.splice(collection.documents.indexOf(stored), 1)
    return json(null, 204)
  }
  stored.data = method === "PUT" ? (body as Data) : applyPatch(stored.data, body as Data)
  stored.rev++
  stored.updatedAt = now()
  return json(stored, 200, { etag: `"${stored.rev}"` })
}
