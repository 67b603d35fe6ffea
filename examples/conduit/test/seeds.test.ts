import { afterAll, expect, test } from "bun:test"
import { join } from "node:path"
import { runSeeds } from "@ashlar/orm/migrations"
import { createConduitApp } from "../src/app.ts"
import { Db } from "../src/services.ts"

const app = createConduitApp({ databaseUrl: "sqlite::memory:", secret: "a secret of thirty-two bytes or more" })
afterAll(() => app.stop(0))

test("the seeds give a backend something to show, once", async () => {
  const db = await app.services.get(Db)
  for (const _ of "twice") expect(await runSeeds(db, join(import.meta.dir, "..", "seeds"))).toEqual(["demo"])
  const ask = async (path: string) => (await app.fetch(new Request(`http://localhost/api${path}`))).json()
  expect(await ask("/articles")).toMatchObject({ articlesCount: 4 })
  expect(await ask("/articles?favorited=bram&tag=walls&limit=1")).toMatchObject({
    articles: [{ title: "A day without mortar", favoritesCount: 2, author: { username: "ana" } }],
    articlesCount: 2,
  })
  expect(await ask("/tags")).toEqual({ tags: ["stone", "tools", "walls"] })
})
