import { expect } from "bun:test"
import { expectRefusal, type Scenario, unique } from "../conduit.ts"

const MOMENT = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
const BLANK = ["can't be blank"]

export const articles: readonly Scenario[] = [
  {
    name: "an article is written, read by everybody, changed and deleted by its author",
    async run(conduit) {
      const ana = await conduit.register("ana")
      const article = {
        title: unique("How to cut stone"),
        description: "Slowly",
        body: "With a saw.\n",
        tagList: ["saw", "stone"],
      }
      const written = await conduit.post("/articles", ana, { article })
      expect(written.status).toBe(201)
      expect(written.body).toEqual({
        article: {
          ...article,
          slug: expect.stringMatching(/^how-to-cut-stone-/),
          createdAt: MOMENT,
          updatedAt: MOMENT,
          favorited: false,
          favoritesCount: 0,
          author: { username: ana.username, bio: null, image: null, following: false },
        },
      })
      const path = `/articles/${written.body.article.slug}`
      for (const by of [undefined, ana, await conduit.register("bo")])
        expect(await conduit.get(path, by)).toMatchObject({ status: 200, body: written.body })

      const changed = await conduit.put(path, ana, { article: { body: "With water." } })
      expect(changed.status).toBe(200)
      const { updatedAt } = changed.body.article
      expect(changed.body.article).toEqual({ ...written.body.article, body: "With water.", updatedAt: MOMENT })
      expect(updatedAt > written.body.article.updatedAt).toBe(true)
      expect((await conduit.get(path)).body).toEqual(changed.body)

      const deleted = await conduit.delete(path, ana)
      expect([deleted.status, deleted.body]).toEqual([204, undefined])
      expectRefusal(await conduit.get(path), 404, { article: ["not found"] })
      expectRefusal(await conduit.delete(path, ana), 404, { article: ["not found"] })
    },
  },
  {
    name: "a new title gives a new address, and the old one leads nowhere",
    async run(conduit) {
      const ana = await conduit.register("ana")
      const { slug } = await conduit.write(ana)
      const title = unique("Another title")
      const { body } = await conduit.put(`/articles/${slug}`, ana, { article: { title } })
      expect(body.article.title).toBe(title)
      expect(body.article.slug).toStartWith("another-title-")
      expect((await conduit.get(`/articles/${slug}`)).status).toBe(404)
      expect((await conduit.get(`/articles/${body.article.slug}`)).body).toEqual(body)
      const again = await conduit.put(`/articles/${body.article.slug}`, ana, { article: { title, body: "x" } })
      expect(again.body.article.slug).toBe(body.article.slug)
    },
  },
  {
    name: "tags are sorted, count once, stay when they are not mentioned, and go when the list is empty",
    async run(conduit) {
      const ana = await conduit.register("ana")
      const [apple, mango, zebra] = ["apple", "mango", "zebra"].map(unique)
      const { slug } = await conduit.write(ana, { tagList: [zebra, apple, mango, zebra, ` ${apple} `] })
      const path = `/articles/${slug}`
      const tagsOf = async () => (await conduit.get(path)).body.article.tagList
      expect(await tagsOf()).toEqual([apple, mango, zebra])
      const change = async (article: object) => (await conduit.put(path, ana, { article })).body.article.tagList
      expect(await change({ body: "x" })).toEqual([apple, mango, zebra])
      const berry = unique("berry")
      expect(await change({ tagList: [mango, berry, apple] })).toEqual([apple, berry, mango])
      expect(await tagsOf()).toEqual([apple, berry, mango])
      expect(await change({ tagList: [] })).toEqual([])
      expect(await tagsOf()).toEqual([])
    },
  },
  {
    name: "articles of one title have addresses of their own, however fast they are written",
    async run(conduit) {
      const ana = await conduit.register("ana")
      const title = unique("The same")
      const written = await Promise.all(
        Array.from({ length: 8 }, () => conduit.write(ana, { title, tagList: ["same"] })),
      )
      const slugs = new Set(written.map(({ slug }) => slug))
      expect(slugs.size).toBe(8)
      for (const slug of slugs)
        expect((await conduit.get(`/articles/${slug}`)).body.article).toMatchObject({ title, tagList: ["same"] })
      const { slug } = await conduit.write(ana)
      const renamed = await conduit.put(`/articles/${slug}`, ana, { article: { title } })
      expect(renamed.status).toBe(200)
      expect(slugs.has(renamed.body.article.slug)).toBe(false)
    },
  },
  {
    name: "any title gives an address under which the article is found",
    async run(conduit) {
      const ana = await conduit.register("ana")
      for (const title of [
        "Feed",
        "!!!",
        "日本語 の 石",
        "Ünïcode / 50% ?#",
        "🪨",
        "x".repeat(200),
        "../../etc",
        "comments",
      ]) {
        const { slug } = await conduit.write(ana, { title })
        expect(slug).not.toBe("feed")
        const { status, body } = await conduit.get(`/articles/${encodeURIComponent(slug)}`)
        expect([status, body.article.title]).toEqual([200, title])
      }
    },
  },
  {
    name: "what is missing or wrong in an article is told field by field",
    async run(conduit) {
      const ana = await conduit.register("ana")
      const good = { title: unique("Good"), description: "d", body: "b" }
      const rows: [object, object][] = [
        [{ ...good, title: "" }, { title: BLANK }],
        [{ ...good, title: " \n" }, { title: BLANK }],
        [{ ...good, description: "" }, { description: BLANK }],
        [{ ...good, body: "" }, { body: BLANK }],
        [{ ...good, title: null }, { title: BLANK }],
        [{ ...good, body: { x: 1 } }, { body: ["is not text"] }],
        [{ ...good, title: "x".repeat(201) }, { title: ["is too long (at most 200 characters)"] }],
        [{ ...good, tagList: null }, { tagList: ["is not a list of tags"] }],
        [{ ...good, tagList: "stone" }, { tagList: ["is not a list of tags"] }],
        [{ ...good, tagList: ["a", ""] }, { tagList: BLANK }],
        [{ ...good, tagList: ["a", 7] }, { tagList: ["is not text"] }],
        [{ ...good, tagList: Array.from({ length: 21 }, String) }, { tagList: ["is too long (at most 20 tags)"] }],
        [{}, { title: BLANK, description: BLANK, body: BLANK }],
      ]
      for (const [article, errors] of rows)
        expectRefusal(await conduit.post("/articles", ana, { article }), 422, errors)
      expectRefusal(await conduit.post("/articles", ana, {}), 422, { article: BLANK })
      const { slug } = await conduit.write(ana, good)
      for (const [article, errors] of rows.slice(0, -1))
        expectRefusal(await conduit.put(`/articles/${slug}`, ana, { article }), 422, errors)
      expect((await conduit.get(`/articles/${slug}`)).body.article).toMatchObject({ ...good, tagList: [] })
    },
  },
  {
    name: "only its author may change or delete an article: 403 for others, 404 where there is none",
    async run(conduit) {
      const [ana, eve] = [await conduit.register("ana"), await conduit.register("eve")]
      const { slug } = await conduit.write(ana)
      const before = (await conduit.get(`/articles/${slug}`)).body
      const article = { body: "hijacked", title: "hijacked" }
      expectRefusal(await conduit.put(`/articles/${slug}`, eve, { article }), 403, { article: ["forbidden"] })
      expectRefusal(await conduit.delete(`/articles/${slug}`, eve), 403, { article: ["forbidden"] })
      expect((await conduit.get(`/articles/${slug}`)).body).toEqual(before)
      const nowhere = `/articles/${unique("none")}`
      expectRefusal(await conduit.put(nowhere, ana, { article }), 404, { article: ["not found"] })
      expectRefusal(await conduit.delete(nowhere, ana), 404, { article: ["not found"] })
      expectRefusal(await conduit.get(nowhere), 404, { article: ["not found"] })
    },
  },
  {
    name: "what the server decides is not taken from callers",
    async run(conduit) {
      const [ana, eve] = [await conduit.register("ana"), await conduit.register("eve")]
      const sent = {
        slug: unique("mine"),
        createdAt: "2000-01-01T00:00:00.000Z",
        favoritesCount: 9,
        favorited: true,
        author: { username: eve.username },
        authorId: eve.username,
        id: crypto.randomUUID(),
      }
      const { slug } = await conduit.write(ana, sent)
      expect(slug).not.toBe(sent.slug)
      await conduit.put(`/articles/${slug}`, ana, { article: sent })
      const { article } = (await conduit.get(`/articles/${slug}`)).body
      expect(article).toMatchObject({ slug, favorited: false, favoritesCount: 0, author: { username: ana.username } })
      expect(article.createdAt > "2001").toBe(true)
    },
  },
]
