import assert from "node:assert/strict"
import {
  array,
  belongsTo,
  bigint,
  boolean,
  bytes,
  type Database,
  date,
  decimal,
  deletedAt,
  hasMany,
  hasOne,
  integer,
  json,
  Model,
  manyToMany,
  scope,
  sql,
  text,
  timestamp,
  updatedAt,
  uuid,
} from "../index.ts"
import type { DatabaseCase } from "./database-suite.ts"
import { makeTable } from "./model-tables.ts"
import { createRandom, type Random } from "./random.ts"

/** Folders in folders, with files; all of a tenant, and deleted softly. */
async function drive(db: Database, prefix: string) {
  const tenant: { id: string | undefined } = { id: "a" }
  class Base extends Model {
    static database = db
    static scopes = { tenant: scope("tenantId", () => tenant.id) }
  }
  class Folder extends Base {
    static table = `${prefix}_folders`
    static columns = {
      id: integer().primary(),
      tenantId: text(20),
      n: integer(),
      parentId: integer()
        .nullable()
        .references(() => Folder),
      updatedAt: updatedAt(),
      deletedAt: deletedAt(),
    }
    static relations = {
      parent: belongsTo(() => Folder),
      children: hasMany(() => Folder, { foreignKey: "parentId", cascade: true }),
      files: hasMany(() => File, { cascade: true }),
      cover: hasOne(() => File),
      tags: manyToMany(() => Tag, { through: () => FolderTag }),
    }
  }
  class File extends Base {
    static table = `${prefix}_files`
    static columns = {
      id: integer().primary(),
      tenantId: text(20),
      n: integer(),
      folderId: integer().references(() => Folder),
      deletedAt: deletedAt(),
    }
    static relations = { folder: belongsTo(() => Folder, { touch: true }) }
  }
  class Tag extends Base {
    static table = `${prefix}_tags`
    static columns = { id: integer().primary(), tenantId: text(20), n: integer() }
    static relations = { folders: manyToMany(() => Folder, { through: () => FolderTag }) }
  }
  class FolderTag extends Base {
    static table = `${prefix}_foldertags`
    static columns = {
      folderId: integer()
        .primary({ generated: false })
        .references(() => Folder),
      tagId: integer()
        .primary({ generated: false })
        .references(() => Tag),
      tenantId: text(20),
    }
  }
  for (const model of [Folder, File, Tag, FolderTag]) await makeTable(db, model)
  return { Folder, File, Tag, FolderTag, tenant }
}

type Drive = Awaited<ReturnType<typeof drive>>

/** Rows of two tenants that point at each other's as well: keys know no tenants. */
async function grow({ Folder, File, Tag, FolderTag, tenant }: Drive, random: Random): Promise<void> {
  const ids: number[] = []
  for (let at = 0; at < 14; at++) {
    tenant.id = random.pick(["a", "b"])
    const parentId = ids.length > 0 && random.chance(0.7) ? random.pick(ids) : null
    const folder = await Folder.create({ tenantId: tenant.id, n: random.below(5), parentId })
    ids.push(folder.id)
    if (random.chance(0.15)) await Folder.where("id", folder.id).delete()
  }
  for (let at = 0; at < 20; at++) {
    tenant.id = random.pick(["a", "b"])
    const file = { tenantId: tenant.id, n: random.below(5), folderId: random.pick(ids) }
    await File.insertMany([file])
  }
  await File.where("n", 0).delete()
  for (let at = 1; at <= 6; at++) {
    tenant.id = random.pick(["a", "b"])
    const tag = await Tag.create({ tenantId: tenant.id, n: at })
    for (const folderId of ids)
      if (random.chance(0.3)) {
        tenant.id = random.pick(["a", "b"])
        await FolderTag.insertMany([{ folderId, tagId: tag.id, tenantId: tenant.id }])
      }
  }
}

interface Plain extends Record<string, unknown> {
  readonly id: number
}

/** What there is for a tenant, read table by table. */
async function tablesOf({ Folder, File, Tag, FolderTag }: Drive) {
  const plain = (rows: object[]) => JSON.parse(JSON.stringify(rows)) as Plain[]
  return {
    Folder: plain(await Folder.query().get()),
    File: plain(await File.query().get()),
    Tag: plain(await Tag.query().get()),
    FolderTag: plain(await FolderTag.query().get()),
  }
}

type Tables = Awaited<ReturnType<typeof tablesOf>>
type Kind = "Folder" | "File" | "Tag"

/** Each relation, looked up by hand. */
const byHand: Readonly<
  Record<Kind, Readonly<Record<string, readonly [Kind, (row: Plain, all: Tables) => Plain[] | Plain | null]>>>
> = {
  Folder: {
    parent: ["Folder", (row, { Folder }) => Folder.find(({ id }) => id === row.parentId) ?? null],
    children: ["Folder", (row, { Folder }) => Folder.filter(({ parentId }) => parentId === row.id)],
    files: ["File", (row, { File }) => File.filter(({ folderId }) => folderId === row.id)],
    cover: ["File", (row, { File }) => File.filter(({ folderId }) => folderId === row.id).sort(byId)[0] ?? null],
    tags: [
      "Tag",
      (row, { Tag, FolderTag }) => {
        const between = FolderTag.filter(({ folderId }) => folderId === row.id)
        return Tag.flatMap((tag) => between.filter(({ tagId }) => tagId === tag.id).map((pivot) => ({ ...tag, pivot })))
      },
    ],
  },
  File: { folder: ["Folder", (row, { Folder }) => Folder.find(({ id }) => id === row.folderId) ?? null] },
  Tag: {
    folders: [
      "Folder",
      (row, { Folder, FolderTag }) => {
        const between = FolderTag.filter(({ tagId }) => tagId === row.id)
        return Folder.flatMap((one) =>
          between.filter(({ folderId }) => folderId === one.id).map((pivot) => ({ ...one, pivot })),
        )
      },
    ],
  },
}

const byId = (one: Plain, other: Plain): number => one.id - other.id

interface Wanted extends Map<string, Wanted> {}

function randomTree(kind: Kind, depth: number, random: Random): Wanted {
  const wanted: Wanted = new Map()
  for (const [name, [target]] of Object.entries(byHand[kind]))
    if (random.chance(0.5)) wanted.set(name, depth === 0 ? new Map() : randomTree(target, depth - 1, random))
  return wanted
}

function pathsOf(wanted: Wanted): string[] {
  return [...wanted].flatMap(([name, inner]) => [name, ...pathsOf(inner).map((path) => `${name}.${path}`)])
}

function expected(kind: Kind, row: Plain, [wanted, all]: readonly [Wanted, Tables]): Plain {
  const filled: Record<string, unknown> = { ...row }
  for (const [name, inner] of wanted) {
    const [target, find] = byHand[kind][name]!
    const found = find(row, all)
    const fill = (one: Plain) => expected(target, one, [inner, all])
    filled[name] = Array.isArray(found) ? found.map(fill).sort(byId) : found === null ? null : fill(found)
  }
  return filled as Plain
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted).sort((one, other) => byId(one as Plain, other as Plain))
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, sorted(inner)]))
}

/** Every row of a result, however deep, is of the tenant and not deleted. */
function checkOwn(value: unknown, tenant: string): void {
  if (Array.isArray(value)) for (const one of value) checkOwn(one, tenant)
  if (typeof value !== "object" || value === null) return
  const row = value as Record<string, unknown>
  if ("tenantId" in row) assert.equal(row.tenantId, tenant)
  if ("deletedAt" in row) assert.equal(row.deletedAt, null)
  for (const inner of Object.values(row)) checkOwn(inner, tenant)
}

interface AnyQuery {
  with(...given: unknown[]): AnyQuery
  whereHas(...given: unknown[]): AnyQuery
  orWhereHas(...given: unknown[]): AnyQuery
  whereDoesntHave(...given: unknown[]): AnyQuery
  withCount(...given: unknown[]): AnyQuery
  where(...given: unknown[]): AnyQuery
  orWhere(...given: unknown[]): AnyQuery
  get(): Promise<object[]>
}

function randomStep(query: AnyQuery, kind: Kind, random: Random): AnyQuery {
  const name = random.pick(Object.keys(byHand[kind]))
  const loose = (inner: AnyQuery) => inner.where("n", ">=", 0).orWhere("n", "<", 3)
  const steps: readonly (() => AnyQuery)[] = [
    () => query.with(name),
    () => query.whereHas(name, loose),
    () => query.orWhereHas(name, loose),
    () => query.whereDoesntHave(name, loose).orWhere("n", ">=", 0),
    () => query.where((inner: AnyQuery) => inner.where("n", 1).orWhere("n", "!=", 1)),
    () => query.orWhere("n", ">=", 0),
    () => query.whereHas(name, ">=", 0, loose),
  ]
  return random.pick(steps)()
}

export const relationRuleCases: readonly DatabaseCase[] = [
  {
    name: "what is loaded is what one finds by hand, on random graphs and paths, and of the own tenant only",
    async run({ db, table }) {
      const world = await drive(db, table)
      const random = createRandom(7)
      await grow(world, random)
      for (let round = 0; round < 40; round++) {
        const owner = random.pick(["a", "b"])
        world.tenant.id = owner
        const all = await tablesOf(world)
        const kind = random.pick<Kind>(["Folder", "File", "Tag"])
        const wanted = randomTree(kind, 2, random)
        const query = world[kind].query() as unknown as AnyQuery
        const rows = await query.with(...pathsOf(wanted)).get()
        const loaded = sorted(JSON.parse(JSON.stringify(rows)))
        assert.deepEqual(loaded, sorted(all[kind].map((row) => expected(kind, row, [wanted, all]))))
        checkOwn(loaded, owner)
      }
    },
  },
  {
    name: "no chain of conditions on relations, loaded rows and counts lets a row of another tenant through",
    async run({ db, table }) {
      const world = await drive(db, table)
      const random = createRandom(11)
      await grow(world, random)
      for (let round = 0; round < 60; round++) {
        const owner = random.pick(["a", "b"])
        world.tenant.id = owner
        const kind = random.pick<Kind>(["Folder", "File", "Tag"])
        const all = await tablesOf(world)
        let query = world[kind].query() as unknown as AnyQuery
        for (let step = random.below(4); step >= 0; step--) query = randomStep(query, kind, random)
        const name = random.pick(Object.keys(byHand[kind]).filter((one) => one !== "cover"))
        const rows = JSON.parse(JSON.stringify(await query.withCount(`${name} as total`).get())) as Plain[]
        checkOwn(rows, owner)
        for (const row of rows) {
          const found = byHand[kind][name]![1](row, all)
          const total = Array.isArray(found) ? new Set(found.map(({ id }) => id)).size : found === null ? 0 : 1
          assert.equal(row.total, total)
        }
      }
    },
  },
  {
    name: "without a value for the scope of what is loaded, counted or asked for, nothing is",
    async run({ db, table }) {
      const world = await drive(db, table)
      await grow(world, createRandom(3))
      class Open extends Model {
        static database = db
        static table = world.Folder.table
        static columns = { id: integer().primary() }
        static relations = {
          files: hasMany(() => world.File, { foreignKey: "folderId" }),
          tags: manyToMany(() => world.Tag, { through: () => world.FolderTag, foreignKey: "folderId" }),
        }
      }
      world.tenant.id = undefined
      const missing = { code: "ORM_SCOPE_MISSING" }
      await assert.rejects(Open.with("files").get(), missing)
      await assert.rejects(Open.with("tags").get(), missing)
      await assert.rejects(Open.whereHas("files").get(), missing)
      await assert.rejects(Open.query().withCount("tags").get(), missing)
      const one = await Open.query().firstOrFail()
      await assert.rejects(one.load("files"), missing)
      await assert.rejects(one.related("files").get(), missing)
      await assert.rejects(one.related("tags").count(), missing)
      await assert.rejects(one.related("tags").detach(), missing)
      const reason = "the bill counts the files of all"
      const lifted = await Open.with("files", (file) => file.withoutScope("tenant", reason)).get()
      assert.ok(lifted.some(({ files }) => files.some(({ tenantId }) => tenantId === "a")))
      assert.ok(lifted.some(({ files }) => files.some(({ tenantId }) => tenantId === "b")))
    },
  },
  {
    name: "what belongs to a row is deleted softly and restored with it, and touches it when it changes",
    async run({ db, table }) {
      const { Folder, File } = await drive(db, table)
      const base = { tenantId: "a", n: 1 }
      const top = await Folder.create({ ...base, parentId: null })
      const inner = await Folder.create({ ...base, parentId: top.id })
      const [old, file] = [
        await File.create({ ...base, folderId: inner.id }),
        await File.create({ ...base, folderId: inner.id }),
      ]
      await old.delete()
      await db.sql`update ${sql.id(File.table)} set ${sql.id("deletedAt")} = ${db.dialect === "sqlite" ? "2020-01-01 00:00:00.000" : "2020-01-01 00:00:00"} where id = ${old.id}`.run()
      await top.delete()
      assert.deepEqual([await Folder.query().count(), await File.query().count()], [0, 0])
      await top.restore()
      assert.equal(await Folder.query().count(), 2)
      assert.deepEqual(await File.query().pluck("id"), [file.id])
      const before = new Date("2001-01-01T00:00:00Z")
      const touched = async (work: () => Promise<unknown>) => {
        await Folder.where("id", inner.id).update({ updatedAt: before })
        await work()
        return (await Folder.findOrFail(inner.id)).updatedAt > before
      }
      const found = await File.findOrFail(file.id)
      assert.ok(await touched(() => found.update({ n: 2 })))
      assert.ok(await touched(() => File.create({ ...base, folderId: inner.id })))
      assert.equal(await touched(() => File.create({ ...base, folderId: top.id })), false)
      assert.ok(await touched(() => found.forceDelete()))
      await top.forceDelete()
      assert.deepEqual([await Folder.withDeleted().count(), await File.withDeleted().count()], [0, 0])
    },
  },
  {
    name: "values of every kind come alike by a join, by a query of their own and alone",
    async run({ db, table }) {
      class Base extends Model {
        static database = db
      }
      class Value extends Base {
        static table = `${table}_values`
        static columns = {
          id: bigint().primary({ generated: false }),
          at: timestamp(),
          day: date(),
          price: decimal(12, 2),
          isOn: boolean(),
          raw: bytes(),
          data: json<{ a: number[] }>(),
          list: array(text()),
          none: json().nullable(),
          key: uuid(),
        }
        static relations = { uses: hasMany(() => Use) }
      }
      class Use extends Base {
        static table = `${table}_uses`
        static columns = { id: integer().primary(), valueId: bigint().references(() => Value) }
        static relations = {
          value: belongsTo(() => Value),
          again: hasMany(() => Value, { foreignKey: "id", key: "valueId" }),
        }
      }
      for (const model of [Value, Use]) await makeTable(db, model)
      const id = 2n ** 53n + 1n
      await Value.create({
        id,
        at: new Date("2026-02-03T04:05:06.789Z"),
        day: "2026-02-03",
        price: "19.90",
        isOn: true,
        raw: new Uint8Array([0, 255]),
        data: { a: [1, 2] },
        list: ["x", "y"],
        none: null,
        key: "0198c2f2-0000-7000-8000-000000000000",
      })
      await Use.create({ valueId: id })
      const alone = { ...(await Value.findOrFail(id)) }
      const use = await Use.with("value", "again").firstOrFail()
      assert.deepEqual({ ...use.value }, alone)
      assert.deepEqual({ ...use.again[0]! }, alone)
      assert.equal(use.valueId, id)
      const back = await Value.with("uses.value").firstOrFail()
      assert.deepEqual({ ...back.uses[0]!.value }, alone)
      use.value.data.a.push(3)
      assert.deepEqual(use.value.changedProperties(), ["data"])
    },
  },
]
