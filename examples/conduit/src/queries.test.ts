/** Lists take as many queries for many articles as for one. */
import { afterAll, beforeAll, expect, test } from "bun:test"
import { subscribe, unsubscribe } from "node:diagnostics_channel"
import { createConduitApp } from "./app.ts"
import { createArticle } from "./articles.ts"
import { Comment } from "./models/comment.ts"
import { User, type UserRow } from "./models/user.ts"
import { Db, Tokens } from "./services.ts"

const app = createConduitApp({ databaseUrl: "sqlite::memory:", secret: "a secret of thirty-two bytes or more" })
let reader: UserRow
let slug: string

beforeAll(async () => {
  const db = await app.services.get(Db)
  const person = (name: string) => User.create({ username: name, email: `${name}@example.com`, password: "" })
  reader = await person("reader")
  for (let number = 0; number < 20; number++) {
    const author = await person(`author-${number}`)
    const written = { title: "Stone", description: "How", body: "So", tagList: ["a", "b", `c${number}`] }
    const article = await createArticle(db, author, written)
    slug ??= article.slug
    await Comment.create({ articleId: article.id, authorId: author.id, body: "first" })
  }
})
afterAll(() => app.stop(0))

async function queriesOf(path: string): Promise<number> {
  const token = await (await app.services.get(Tokens)).issue(reader.id)
  let count = 0
  const listen = (): void => void count++
  subscribe("ashlar:orm:query", listen)
  try {
    const request = new Request(`http://localhost/api${path}`, { headers: { authorization: `Token ${token}` } })
    expect((await app.fetch(request)).status).toBe(200)
    return count
  } finally {
    unsubscribe("ashlar:orm:query", listen)
  }
}

test("a page takes three queries, however long it is, after the one that says who asks", async () => {
  expect(await queriesOf("/user")).toBe(1)
  for (const limit of [1, 20]) expect(await queriesOf(`/articles?limit=${limit}`)).toBe(4)
  expect(await queriesOf("/articles?tag=a&author=author-3")).toBe(4)
  expect(await queriesOf("/articles/feed")).toBe(3) // of nobody: no tags are asked for
  expect(await queriesOf(`/articles/${slug}/comments`)).toBe(3)
})
