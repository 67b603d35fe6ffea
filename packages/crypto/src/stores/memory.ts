import type { KeyStore, ListRequest, StoredRecord } from "./store.ts"

/** Keys that are gone with the process: for tests, and for keys that should be. */
export function memoryStore(): KeyStore {
  const records = new Map<string, StoredRecord>()
  const byName = new Map<string, string>()
  const nameOf = ({ kind, tenant, name }: Pick<StoredRecord, "kind" | "tenant" | "name">): string =>
    JSON.stringify([kind, tenant, name])
  return {
    async get(id) {
      return records.get(id)
    },
    async find(kind, tenant, name) {
      return records.get(byName.get(nameOf({ kind, tenant, name })) ?? "")
    },
    async list({ kind, tenant, after, limit }: ListRequest) {
      const by = (record: StoredRecord): string => (tenant === undefined ? record.id : record.name)
      return [...records.values()]
        .filter((record) => record.kind === kind && (tenant === undefined || record.tenant === tenant))
        .filter((record) => after === undefined || by(record) > after)
        .sort((a, b) => (by(a) < by(b) ? -1 : 1))
        .slice(0, limit)
    },
    async due(kind, nowMs, limit) {
      return [...records.values()]
        .filter((record) => record.kind === kind && record.dueMs !== null && record.dueMs <= nowMs)
        .sort((a, b) => (a.dueMs ?? 0) - (b.dueMs ?? 0))
        .slice(0, limit)
    },
    async insert(record) {
      if (byName.has(nameOf(record)) || records.has(record.id)) return false
      byName.set(nameOf(record), record.id)
      records.set(record.id, record)
      return true
    },
    async replace(record) {
      if (records.get(record.id)?.revision !== record.revision - 1) return false
      records.set(record.id, record)
      return true
    },
    async remove(id, revision) {
      const record = records.get(id)
      if (record?.revision !== revision) return false
      byName.delete(nameOf(record))
      return records.delete(id)
    },
    async close() {
      records.clear()
      byName.clear()
    },
  }
}
