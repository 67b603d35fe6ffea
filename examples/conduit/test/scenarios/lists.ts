import { expect } from "bun:test"
import { type Account, type Conduit, expectRefusal, type Scenario, unique } from "../conduit.ts"

interface Listed {
  readonly slug: string
  readonly body?: string
  readonly author: { readonly following: boolean }
}

async function list(
  conduit: Conduit,
  query: string,
  by?: Account,
): Promise<{ slugs: string[]; articles: Listed[]; count: number }> {
  const { status, body } = await conduit.get(query, by)
  expect(status).toBe(200)
  expect(Object.keys(body).sort()).toEqual(["articles", "articlesCount"])
  for (const article of body.articles) expect(article).not.toHaveProperty("body")
  return { slugs: body.articles.map(({ slug }: Listed) => slug), articles: body.articles, count: body.articlesCount }
}

export const lists: readonly Scenario[] = [
  {
    name: "the newest articles come first, without their bodies",
    async run(conduit) {
      const ana = await conduit.register("ana")
      const { slug } = await conduit.write(ana, { tagList: ["list"] })
      const { articles, count } = await list(conduit, `/articles?author=${ana.username}`)
      const { body: _, ...listed } = (await conduit.get(`/articles/${slug}`)).body.article
      expect([articles, count]).toEqual([[listed], 1])
      const all = await list(conduit, "/articles")
      expect(all.articles.length).toBeLessThanOrEqual(20)
      expect(all.count).toBeGreaterThanOrEqual(1)
      const times = all.articles.map((article) => (article as unknown as { createdAt: string }).createdAt)
      expect(times).toEqual(times.toSorted().reverse())
    },
  },
  {
    name: "a list is told by author, tag and favorites, and by several of them at once",
    async run(conduit) {
      const [ana, bo] = [await conduit.register("ana"), await conduit.register("bo")]
      const [stone, wood] = [unique("stone"), unique("wood")]
      const one = await conduit.write(ana, { tagList: [stone, wood] })
      const two = await conduit.write(ana, { tagList: [stone] })
      const three = await conduit.write(bo, { tagList: [stone] })
      for (const { slug } of [one, three]) await conduit.post(`/articles/${slug}/favorite`, bo)
      const rows: [string, { readonly slug: string }[]][] = [
        [`author=${ana.username}`, [two, one]],
        [`tag=${stone}`, [three, two, one]],
        [`tag=${wood}`, [one]],
        [`favorited=${bo.username}`, [three, one]],
        [`favorited=${ana.username}`, []],
        [`author=${ana.username}&favorited=${bo.username}`, [one]],
        [`author=${ana.username}&tag=${wood}&favorited=${bo.username}`, [one]],
        [`author=${bo.username}&tag=${wood}`, []],
        [`author=${unique("nobody")}`, []],
        [`favorited=${unique("nobody")}`, []],
        [`tag=${unique("nothing")}`, []],
      ]
      for (const [query, expected] of rows)
        expect([query, await list(conduit, `/articles?${query}`)]).toMatchObject([
          query,
          { slugs: expected.map(({ slug }) => slug), count: expected.length },
        ])
      const { articles } = await list(conduit, `/articles?tag=${stone}`, bo)
      expect(articles).toMatchObject([
        { favorited: true, favoritesCount: 1 },
        { favorited: false, favoritesCount: 0 },
        { favorited: true, favoritesCount: 1 },
      ])
    },
  },
  {
    name: "a filter is a value, whatever is in it",
    async run(conduit) {
      for (const value of ["' or 1=1 --", '" or ""="', "%", "_", "\\", "';drop table users;--", "x".repeat(50), "🪨"])
        for (const filter of ["tag", "author", "favorited"]) {
          const { count } = await list(conduit, `/articles?${filter}=${encodeURIComponent(value)}`)
          expect([filter, value, count]).toEqual([filter, value, 0])
        }
    },
  },
  {
    name: "a list comes in pages",
    async run(conduit) {
      const ana = await conduit.register("ana")
      const written: string[] = []
      for (let number = 1; number <= 22; number++) written.unshift((await conduit.write(ana)).slug)
      const rows: [string, string[]][] = [
        ["", written.slice(0, 20)],
        ["&limit=1", written.slice(0, 1)],
        ["&limit=1&offset=1", written.slice(1, 2)],
        ["&offset=20", written.slice(20)],
        ["&limit=100", written],
        ["&limit=1000", written],
        ["&limit=5&offset=22", []],
        ["&limit=5&offset=2000000000", []],
      ]
      for (const [page, slugs] of rows)
        expect([page, await list(conduit, `/articles?author=${ana.username}${page}`)]).toMatchObject([
          page,
          { slugs, count: 22 },
        ])
    },
  },
  {
    name: "a page that there cannot be is refused",
    async run(conduit) {
      const ana = await conduit.register("ana")
      for (const list of ["/articles", "/articles/feed"])
        for (const [query, errors] of [
          ["limit=0", { limit: ["must be 1 or more"] }],
          ["limit=-1", { limit: ["must be 1 or more"] }],
          ["limit=x", { limit: ["must be a whole number"] }],
          ["limit=1.5", { limit: ["must be a whole number"] }],
          ["offset=-1", { offset: ["must be 0 or more"] }],
          ["offset=", { offset: ["must be a whole number"] }],
          ["offset=9e99", { offset: ["must be a whole number"] }],
          ["offset=9007199254740991", { offset: ["is too large"] }],
        ] as const)
          expectRefusal(await conduit.get(`${list}?${query}`, ana), 422, errors)
    },
  },
  {
    name: "the feed has the articles of those that one follows, and no others",
    async run(conduit) {
      const [ana, bo, cleo] = [
        await conduit.register("ana"),
        await conduit.register("bo"),
        await conduit.register("cleo"),
      ]
      const first = await conduit.write(bo)
      await conduit.write(cleo)
      await conduit.write(ana)
      expect(await list(conduit, "/articles/feed", ana)).toMatchObject({ slugs: [], count: 0 })
      await conduit.post(`/profiles/${bo.username}/follow`, ana)
      const second = await conduit.write(bo)
      const feed = await list(conduit, "/articles/feed", ana)
      expect(feed).toMatchObject({ slugs: [second.slug, first.slug], count: 2 })
      expect(feed.articles.map(({ author }) => author.following)).toEqual([true, true])
      expect(await list(conduit, "/articles/feed?limit=1", ana)).toMatchObject({ slugs: [second.slug], count: 2 })
      expect(await list(conduit, "/articles/feed?limit=1&offset=1", ana)).toMatchObject({
        slugs: [first.slug],
        count: 2,
      })
      expect(await list(conduit, "/articles/feed", bo)).toMatchObject({ slugs: [], count: 0 })
      await conduit.delete(`/profiles/${bo.username}/follow`, ana)
      expect(await list(conduit, "/articles/feed", ana)).toMatchObject({ slugs: [], count: 0 })
    },
  },
]
