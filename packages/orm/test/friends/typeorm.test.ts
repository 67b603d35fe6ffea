/** TypeORM and Ashlar on one connection: one commit, one rollback, the same rows. */
import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test"
import { type DataSource, EntitySchema } from "typeorm"
import { openTypeorm } from "../../src/friends/typeorm.ts"
import { openDatabase } from "../../src/index.ts"
import { describeFriend } from "./stage.ts"

interface Note {
  id: number
  title: string
  ok: boolean | null
  at: Date | null
}

await describeFriend(["sqlite", "postgres"], (dialect, stage) => {
  const Note = new EntitySchema<Note>({
    name: "Note",
    tableName: "notes",
    columns: {
      id: { type: Number, primary: true, generated: true },
      title: { type: String },
      ok: { type: Boolean, nullable: true },
      at: { type: dialect === "postgres" ? "timestamp" : "datetime", nullable: true },
    },
  })
  let typeorm: DataSource
  beforeAll(async () => {
    typeorm = await openTypeorm(stage().db, { entities: [Note] })
  })
  afterAll(() => typeorm.destroy())
  beforeEach(async () => void (await stage().db.sql`delete from notes`.run()))
  const notes = () => typeorm.getRepository(Note)

  test("both write in one transaction, which keeps all or nothing", async () => {
    const { db, titles } = stage()
    await db.transaction(async () => {
      await notes().save({ title: "a" })
      await db.sql`insert into notes (title) values ('b')`.run()
      expect(await notes().count()).toBe(2)
    })
    const undone = db.transaction(async () => {
      await notes().save([{ title: "c" }, { title: "d" }])
      await db.sql`insert into notes (title) values ('e')`.run()
      throw new RangeError("undo")
    })
    await expect(undone).rejects.toThrow("undo")
    expect(await titles()).toEqual(["a", "b"])
  })

  test("TypeORM's own transaction is a savepoint in the database's, and one of its own outside", async () => {
    const { db, titles } = stage()
    const insert = (title: string, fails: boolean) =>
      typeorm.transaction(async (manager) => {
        await manager.getRepository(Note).insert({ title })
        await manager.transaction(
          async (inner) => void (await inner.getRepository(Note).insert({ title: `${title}${title}` })),
        )
        if (fails) throw new RangeError("undo")
      })
    await db.transaction(async () => {
      await db.sql`insert into notes (title) values ('a')`.run()
      await insert("b", false)
      await insert("c", true).catch(() => undefined)
    })
    await insert("d", false)
    await insert("e", true).catch(() => undefined)
    expect(await titles()).toEqual(["a", "b", "bb", "d", "dd"])
  })

  test("concurrent transactions stay apart", async () => {
    const { db, titles } = stage()
    const all = ["1", "2", "3", "4", "5", "6"].map((title) =>
      db
        .transaction(async () => {
          await notes().save({ title })
          if (Number(title) % 2 === 0) throw new RangeError("undo")
        })
        .catch(() => undefined),
    )
    await Promise.all([...all, notes().save({ title: "out" })])
    expect(await titles()).toEqual(["1", "3", "5", "out"])
  })

  test("rows come back as they went", async () => {
    const at = new Date("2020-01-02T03:04:05.678Z")
    const { id } = await notes().save({ title: "n", ok: true, at })
    expect(await notes().findOneByOrFail({ id })).toMatchObject({ title: "n", ok: true, at })
    await notes().update({ id }, { title: "changed", ok: false })
    expect(await notes().findOneByOrFail({ title: "changed" })).toMatchObject({ id, ok: false })
    expect((await notes().delete({ id })).affected).toBe(1)
    expect(await notes().findOneBy({ id })).toBeNull()
  })
})

test("MySQL is refused, for TypeORM's driver takes no connection", async () => {
  await using db = await openDatabase("mysql://root@127.0.0.1/mysql")
  await expect(openTypeorm(db, { entities: [] })).rejects.toMatchObject({ code: "ORM_OPTIONS_INVALID" })
})
