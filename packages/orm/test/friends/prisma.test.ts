/** Prisma and Ashlar on one connection: one commit, one rollback, the same rows. */
import { beforeEach, expect, test } from "bun:test"
import { openPrisma } from "../../src/friends/prisma.ts"
import { openDatabase } from "../../src/index.ts"
import { prismaClient } from "./prisma-client.ts"
import { describeFriend } from "./stage.ts"

await describeFriend(["sqlite", "postgres"], (dialect, stage) => {
  const client = () => prismaClient(dialect === "sqlite" ? "sqlite" : "postgresql", stage().db)
  beforeEach(async () => {
    await stage().db.sql`delete from notes`.run()
    await stage().db.sql`delete from authors`.run()
  })

  test("both write in one transaction, which keeps all or nothing", async () => {
    const { db, titles } = stage()
    const prisma = client()
    await db.transaction(async () => {
      await prisma.note.create({ data: { title: "a" } })
      await db.sql`insert into notes (title) values ('b')`.run()
      expect(await prisma.note.count()).toBe(2)
    })
    const undone = db.transaction(async () => {
      await prisma.author.create({ data: { name: "Ada", notes: { create: [{ title: "c" }, { title: "d" }] } } })
      await db.sql`insert into notes (title) values ('e')`.run()
      expect(await prisma.note.count()).toBe(5)
      throw new RangeError("undo")
    })
    await expect(undone).rejects.toThrow("undo")
    expect(await titles()).toEqual(["a", "b"])
    expect(await prisma.author.count()).toBe(0)
    await prisma.$disconnect()
    await db.health()
  })

  test("what fails in Prisma alone is undone alone, and Prisma's own transaction shares the outer one", async () => {
    const { db, titles } = stage()
    const prisma = client()
    await prisma.author.create({ data: { name: "Ada" } })
    await db.transaction(async () => {
      await db.sql`insert into notes (title) values ('a')`.run()
      const twice = async () => await prisma.author.create({ data: { name: "Ada", notes: { create: { title: "b" } } } })
      await expect(twice()).rejects.toMatchObject({ code: "P2002" })
      await expect(
        prisma.$transaction(async (tx) => {
          await tx.note.create({ data: { title: "c" } })
          throw new RangeError("inner")
        }),
      ).rejects.toThrow("inner")
      await prisma.$transaction(async (tx) => {
        await tx.note.create({ data: { title: "d" } })
        await db.sql`insert into notes (title) values ('e')`.run()
      })
    })
    expect(await titles()).toEqual(["a", "d", "e"])
    await prisma.$transaction(async (tx) => void (await tx.note.create({ data: { title: "f" } })))
    await expect(
      prisma.$transaction(async (tx) => {
        await tx.note.create({ data: { title: "g" } })
        throw new RangeError("own")
      }),
    ).rejects.toThrow("own")
    expect(await titles()).toEqual(["a", "d", "e", "f"])
  })

  test("concurrent transactions stay apart", async () => {
    const { db, titles } = stage()
    const prisma = client()
    await Promise.all(
      ["1", "2", "3", "4", "5", "6"].map((title) =>
        db
          .transaction(async () => {
            await prisma.note.create({ data: { title } })
            if (Number(title) % 2 === 0) throw new RangeError("undo")
          })
          .catch(() => undefined),
      ),
    )
    expect(await titles()).toEqual(["1", "3", "5"])
  })

  test.each(["findUnique", "findFirst"] as const)("no other flow reads by %s what is not committed", async (method) => {
    const { db } = stage()
    const prisma = client()
    const made = Promise.withResolvers<unknown>()
    const go = Promise.withResolvers<void>()
    const end = Promise.withResolvers<void>()
    const inside = db.transaction(async () => {
      made.resolve((await prisma.note.create({ data: { title: "secret" } })).id)
      await go.promise
      const seen = await prisma.note[method]({ where: { id: await made.promise } })
      await end.promise
      return seen
    })
    const id = await made.promise
    const outside = go.promise.then(async () => await prisma.note[method]({ where: { id } }))
    go.resolve()
    expect(await outside).toBeNull()
    end.resolve()
    expect(await inside).toMatchObject({ title: "secret" })
  })

  test("values come back as they went", async () => {
    const { db } = stage()
    const prisma = client()
    const note = {
      title: "n",
      big: 2n ** 53n + 1n,
      at: new Date("2020-01-02T03:04:05.678Z"),
      data: new Uint8Array([0, 255]),
      json: { a: [1, null, "x"] },
      ok: true,
    }
    const made = await prisma.note.create({ data: { ...note, price: "12.34500" } })
    const found = await prisma.note.findFirst({ where: { big: note.big, at: note.at, ok: true, price: { gt: "12" } } })
    expect(found).toEqual(made)
    expect({ ...found, data: new Uint8Array(found?.data as Uint8Array) }).toMatchObject(note)
    expect(Number(found?.price)).toBe(12.345)
    expect(await prisma.note.findUnique({ where: { id: made.id } })).toEqual(made)
    await prisma.note.createMany({ data: [{ title: "x" }, { title: "y" }] })
    expect(await prisma.note.findFirst({ where: { title: "x" } })).toMatchObject({ big: null, at: null, json: null })
    expect(await prisma.note.deleteMany({ where: { title: { in: ["x", "y"] } } })).toEqual({ count: 2 })
    const [row] = await prisma.$queryRawUnsafe("select title, ok from notes where title = 'n'")
    expect(row).toEqual({ title: "n", ok: true })
    expect(await db.sql`select title from notes`.all()).toEqual([{ title: "n" }])
  })
})

test("a client whose batches cannot be kept apart is refused", async () => {
  await using db = await openDatabase("sqlite::memory:")
  expect(() => openPrisma(class {}, db)).toThrow(expect.objectContaining({ code: "ORM_OPTIONS_INVALID" }))
})
