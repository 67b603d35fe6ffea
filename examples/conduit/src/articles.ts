import { OrmUniqueViolation, type Queryable, type Where } from "@ashlar/orm"
import { Article, type ArticleRow } from "./models/article.ts"
import { Tag } from "./models/tag.ts"
import type { UserRow } from "./models/user.ts"
import { forbidden, notFound } from "./refusals.ts"
import { numbered, slugOf } from "./slug.ts"

/** @throws 404 */
export async function findArticle(slug: string): Promise<ArticleRow> {
  const article = await Article.where("slug", slug).first()
  if (article === undefined) throw notFound("article")
  return article
}

/** @throws 404 or 403 */
export async function findOwnArticle(slug: string, { id }: UserRow): Promise<ArticleRow> {
  const article = await findArticle(slug)
  if (article.authorId !== id) throw forbidden("article")
  return article
}

export interface ArticleFilter {
  readonly tag?: string | undefined
  readonly author?: string | undefined
  readonly favorited?: string | undefined
}

/** Those of a query that a list asks for. */
export function filtered<Q extends Where<typeof Article>>(articles: Q, { tag, author, favorited }: ArticleFilter): Q {
  return articles
    .when(tag, (query, name) => query.whereHas("tags", (one) => one.where("name", name)))
    .when(author, (query, username) => query.whereHas("author", (user) => user.where("username", username)))
    .when(favorited, (query, username) => query.whereHas("fans", (user) => user.where("username", username)))
}

/** Those of a query that are by people whom somebody follows. */
export function followed<Q extends Where<typeof Article>>(articles: Q, { id }: UserRow): Q {
  return articles.whereHas("author.followers", (follower) => follower.where("id", id))
}

interface Written {
  readonly title: string
  readonly description: string
  readonly body: string
  readonly tagList: readonly string[]
}

export async function createArticle(
  db: Queryable,
  author: UserRow,
  { tagList, ...written }: Written,
): Promise<ArticleRow> {
  return await withFreeSlug(written.title, (slug) =>
    db.transaction(async (tx) => {
      const article = await Article.in(tx).create({ ...written, slug, authorId: author.id })
      await Tag.in(tx).insertMany(tagsOf(article, tagList))
      return article
    }),
  )
}

/** Changes what is mentioned. Another title gives another address. */
export async function updateArticle(
  db: Queryable,
  article: ArticleRow,
  { tagList, ...changes }: Partial<Written>,
): Promise<void> {
  // Of two changes in one millisecond the second is later all the same.
  const updatedAt = new Date(Math.max(Date.now(), article.updatedAt.getTime() + 1))
  const write = (slug: string): Promise<void> =>
    db.transaction(async (tx) => {
      await Article.in(tx)
        .query()
        .where("id", article.id)
        .update({ ...changes, slug, updatedAt })
      if (tagList === undefined) return
      await Tag.in(tx).query().where("articleId", article.id).where("name", "notIn", tagList).delete()
      await Tag.in(tx).upsert(tagsOf(article, tagList), { on: ["articleId", "name"], update: [] })
    })
  const { title = article.title } = changes
  await (title === article.title ? write(article.slug) : withFreeSlug(title, write))
}

function tagsOf({ id }: ArticleRow, names: readonly string[]): { articleId: string; name: string }[] {
  return [...new Set(names)].map((name) => ({ articleId: id, name }))
}

const MAX_ATTEMPTS = 5

/** Writes with an address made of the title. The database says whether it is taken; then another is tried. */
async function withFreeSlug<T>(title: string, write: (slug: string) => Promise<T>): Promise<T> {
  const wanted = slugOf(title)
  for (let slug = wanted, attempts = 1; ; slug = numbered(wanted), attempts++)
    try {
      return await write(slug)
    } catch (error) {
      if (!(error instanceof OrmUniqueViolation) || attempts === MAX_ATTEMPTS) throw error
    }
}
