import { expect } from "bun:test"
import { expectRefusal, type Scenario, unique } from "../conduit.ts"

export const favorites: readonly Scenario[] = [
  {
    name: "an article is a favorite of each person once, however often they say so",
    async run(conduit) {
      const [ana, bo] = [await conduit.register("ana"), await conduit.register("bo")]
      const { slug } = await conduit.write(ana)
      const path = `/articles/${slug}`
      const before = (await conduit.get(path)).body.article
      const state = async (by?: typeof ana) => {
        const { favorited, favoritesCount } = (await conduit.get(path, by)).body.article
        return [favorited, favoritesCount]
      }
      for (const _ of "twice") {
        const { status, body } = await conduit.post(`${path}/favorite`, bo)
        expect([status, body]).toEqual([200, { article: { ...before, favorited: true, favoritesCount: 1 } }])
      }
      expect(await state(bo)).toEqual([true, 1])
      expect(await state(ana)).toEqual([false, 1])
      expect(await state()).toEqual([false, 1])
      expect((await conduit.post(`${path}/favorite`, ana)).body.article.favoritesCount).toBe(2)
      for (const _ of "twice") {
        const { status, body } = await conduit.delete(`${path}/favorite`, bo)
        expect([status, body]).toEqual([200, { article: { ...before, favorited: false, favoritesCount: 1 } }])
      }
      expect(await state(ana)).toEqual([true, 1])
    },
  },
  {
    name: "favorites that come at once are all counted, each once",
    async run(conduit) {
      const ana = await conduit.register("ana")
      const { slug } = await conduit.write(ana)
      const readers = await Promise.all(["b", "c", "d"].map((name) => conduit.register(name)))
      const clicks = [...readers, ...readers, ...readers].map((by) => conduit.post(`/articles/${slug}/favorite`, by))
      for (const { status, body } of await Promise.all(clicks))
        expect([status, body.article.favorited]).toEqual([200, true])
      expect((await conduit.get(`/articles/${slug}`)).body.article.favoritesCount).toBe(3)
      const back = [...readers, ...readers].map((by) => conduit.delete(`/articles/${slug}/favorite`, by))
      for (const { status } of await Promise.all(back)) expect(status).toBe(200)
      expect((await conduit.get(`/articles/${slug}`)).body.article.favoritesCount).toBe(0)
    },
  },
  {
    name: "there is no favorite of what is not there",
    async run(conduit) {
      const ana = await conduit.register("ana")
      const path = `/articles/${unique("none")}/favorite`
      expectRefusal(await conduit.post(path, ana), 404, { article: ["not found"] })
      expectRefusal(await conduit.delete(path, ana), 404, { article: ["not found"] })
    },
  },
]
