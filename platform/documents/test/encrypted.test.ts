import { describe, expect, test } from "bun:test"
import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto"
import { systemClock, uuidv7 } from "@ashlar/core"
import { type FieldCipher, type FieldPlace, openDocuments, parseFilter, parseQuery, parseUpdate } from "../src/index.ts"
import { openProject } from "./project.ts"

/** A cipher that binds its place, with versions of one byte. */
function cipherOf() {
  const state = { version: 1, destroyed: false }
  const keyOf = (version: number): Uint8Array => createHash("sha256").update(`key ${version}`).digest()
  const cipher: FieldCipher = {
    async seal(text, place) {
      const nonce = randomBytes(12)
      const one = createCipheriv("aes-256-gcm", keyOf(state.version), nonce).setAAD(aad(place))
      const body = [one.update(text, "utf8"), one.final(), one.getAuthTag()]
      return Buffer.concat([Buffer.of(state.version), nonce, ...body]).toString("base64")
    },
    async open(sealed, place) {
      if (state.destroyed) return undefined
      const bytes = Buffer.from(sealed, "base64")
      const one = createDecipheriv("aes-256-gcm", keyOf(bytes[0]!), bytes.subarray(1, 13), { authTagLength: 16 })
      one.setAAD(aad(place)).setAuthTag(bytes.subarray(-16))
      return Buffer.concat([one.update(bytes.subarray(13, -16)), one.final()]).toString()
    },
    isOld: async (sealed) => Buffer.from(sealed, "base64")[0] !== state.version,
  }
  return { cipher, state }
}
const aad = ({ collection, id, path }: FieldPlace): Buffer => Buffer.from(JSON.stringify([collection, id, path]))
const code = (name: string) => expect.objectContaining({ code: name })
const at = (name: string): never[] => [name] as never[]

async function stage(encrypted: readonly unknown[] = ["ssn", "card.number", "phones.number"]) {
  const { file } = await openProject()
  const { cipher, state } = cipherOf()
  const options = { file, clock: systemClock, ids: uuidv7, cursorKey: randomBytes(32) }
  const store = openDocuments({ ...options, cipher })
  await store.collections.create({ name: "people", encrypted, indexes: ["name"] })
  const people = store.collection("people")
  const raw = (): string => JSON.stringify(file.all('SELECT doc FROM "documents:people"', at("")))
  return { file, store, people, state, options, raw }
}
const ada = {
  name: "Ada",
  ssn: "078-05-1120",
  card: { number: { digits: 4111, list: [1] }, holder: "A" },
  phones: [{ number: "555-0100", kind: "home" }, "none", { kind: "work" }],
}

describe("encrypted fields", () => {
  test("are sealed where they are stored, and read as they were written, by every way in and out", async () => {
    const { people, file } = await stage()
    const one = await people.insert(ada)
    expect([one.data, one.rev, (await people.get(one.id))!.data]).toEqual([ada, 1, ada])
    const many = await people.insertMany([ada, { name: "Bob" }])
    expect(many.map(({ data }) => data)).toEqual([ada, { name: "Bob" }])
    expect((await people.replace(one.id, { ...ada, ssn: null })).data).toEqual({ ...ada, ssn: null })
    const page = await people.query(parseQuery({ where: { name: "Ada" }, sort: ["name"] }))
    expect(page.items.map(({ data }) => data.card)).toEqual([ada.card, ada.card])
    const selected = await people.query(parseQuery({ select: ["ssn"], where: { name: "Ada" } }))
    expect(selected.items.map(({ data }) => data)).toContainEqual({ ssn: "078-05-1120" })
    const tables = file.all<{ name: string }>(
      "SELECT name FROM sqlite_schema WHERE type='table' AND name LIKE '%people%'",
    )
    const stored = tables.map(({ name }) => JSON.stringify(file.all(`SELECT * FROM "${name}"`))).join()
    expect(stored).toContain("Ada")
    for (const clear of ["078-05", "4111", "digits", "555-0100"]) expect(stored).not.toContain(clear)
  })
  test("are set and taken away as a whole, by patches", async () => {
    const { people } = await stage()
    const { id } = await people.insert(ada)
    const patch = async (update: unknown) => (await people.patch(id, parseUpdate(update))).data
    expect((await patch({ $set: { ssn: "1", "card.number": 2, "phones.0.number": "3" } })) as object).toMatchObject({
      ...{ ssn: "1", card: { number: 2, holder: "A" } },
      phones: [{ number: "3", kind: "home" }, "none", { kind: "work" }],
    })
    expect((await patch({ $set: { card: { number: 5 } } })).card).toEqual({ number: 5 })
    expect((await patch({ ssn: "6", card: { number: 7, holder: "B" } })) as object).toMatchObject({
      ...{ ssn: "6", card: { number: 7, holder: "B" } },
    })
    expect(await patch({ $unset: ["ssn"], $set: { name: "Eve" } })).not.toHaveProperty("ssn")
    expect(await patch({ card: null })).not.toHaveProperty("card")
    for (const bad of [
      { $inc: { "card.number": 1 } },
      { $set: { "ssn.part": 1 } },
      { $unset: ["card.number.digits"] },
      { $push: { phones: { number: "secret" } } },
      { $push: { "card.number.list": 2 } },
      { $min: { ssn: 1 } },
      { card: { number: { digits: 1 } } },
    ])
      expect(await people.patch(id, parseUpdate(bad)).catch((error) => error)).toEqual(code("DOCUMENTS_UPDATE_INVALID"))
  })
  test("are found and ordered by nothing but whether they are there", async () => {
    const { people, store } = await stage()
    await people.insertMany([ada, { name: "Bob" }])
    expect((await people.count(parseFilter({ ssn: { $exists: true } }))).value).toBe(1)
    for (const where of [
      { ssn: "078-05-1120" },
      { ssn: { $gt: "0" } },
      { "card.number": { $in: [1] } },
      { "card.number.digits": 4111 },
      { card: { $eq: { number: 1 } } },
      { $or: [{ name: "x" }, { $not: { ssn: { $regex: "^0" } } }] },
      { "phones.0.number": "555-0100" },
      { phones: { $elemMatch: { number: "555-0100" } } },
    ]) {
      for (const work of [
        people.query(parseQuery({ where })),
        people.explain(parseQuery({ where })),
        people.count(parseFilter(where)),
      ])
        expect(await work.catch((error) => error)).toEqual(code("DOCUMENTS_ENCRYPTED_FIELD"))
    }
    expect(await people.query(parseQuery({ sort: ["-ssn"] })).catch((error) => error)).toEqual(
      code("DOCUMENTS_ENCRYPTED_FIELD"),
    )
    const indexed = store.collections.update("people", { indexes: ["card.number"] })
    expect(await indexed.catch((error) => error)).toEqual(code("DOCUMENTS_ENCRYPTED_FIELD"))
    await store.collections.update("people", { indexes: ["card.holder"], rules: { read: "public" } })
    expect((await store.collections.get("people")).encrypted).toEqual(["ssn", "card.number", "phones.number"])
  })
  test("are what the collection was made with", async () => {
    const { store } = await stage()
    for (const encrypted of [["a", "a.b"], ["a", "a"], ["a.0"], "a", Array.from({ length: 17 }, (_, i) => `f${i}`)])
      expect(await store.collections.create({ name: "x", encrypted }).catch((error) => error)).toEqual(
        code("DOCUMENTS_COLLECTION_INVALID"),
      )
    const both = store.collections.create({ name: "x", encrypted: ["a"], indexes: ["a"] })
    expect(await both.catch((error) => error)).toEqual(code("DOCUMENTS_ENCRYPTED_FIELD"))
    expect(await store.collections.update("people", { encrypted: [] }).catch((error) => error)).toEqual(
      code("DOCUMENTS_FIELD_UNKNOWN"),
    )
  })
  test("moved to another document do not open, nor without keys", async () => {
    const { people, file, options } = await stage()
    const [one, two] = await people.insertMany([ada, { ...ada, name: "Bob" }])
    const table = file.all<{ name: string }>(
      "SELECT name FROM sqlite_schema WHERE name LIKE '%people' AND type='table'",
    )[0]!
    const sql = `UPDATE "${table.name}" SET doc=(SELECT doc FROM "${table.name}" WHERE id=?) WHERE id=?`
    await file.write([{ sql, params: [one!.id, two!.id] }])
    expect(people.get(two!.id)).rejects.toThrow()
    expect((await people.get(one!.id))?.data).toEqual(ada)
    const keyless = openDocuments(options).collection("people")
    expect(await keyless.get(one!.id).catch((error) => error)).toEqual(code("DOCUMENTS_FIELD_UNREADABLE"))
    expect(await keyless.insert(ada).catch((error) => error)).toEqual(code("DOCUMENTS_FIELD_UNREADABLE"))
  })
  test("follow their key: sealed anew after a rotation, at their revision, and gone when it is", async () => {
    const { people, store, state } = await stage()
    const { id } = await people.insert(ada)
    state.version = 2
    await people.insert({ ...ada, name: "Bob" })
    expect([await store.rewrap(), await store.rewrap()]).toEqual([1, 0])
    const found = await people.get(id)
    expect([found?.data, found?.rev]).toEqual([ada, 1])
    state.destroyed = true
    expect((await people.get(id))?.data).toEqual({
      ...{ name: "Ada", ssn: null, card: { number: null, holder: "A" } },
      phones: [{ number: null, kind: "home" }, "none", { kind: "work" }],
    })
  })
})
