import { type Database, type ModelQuery, OrmUniqueViolation } from "@ashlar/orm"
import { Article, type ArticleRow } from "./models/article.ts"
import { Favorite } from "./models/favorite.ts"
import { Follow } from "./models/follow.ts"
import { Tag } from "./models/tag.ts"
import { User, type UserRow } from "./models/user.ts"
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

/** Articles that a list asks for. */
export function articlesBy({ tag, author, favorited }: ArticleFilter): ModelQuery<typeof Article> {
  const named = (username: string) => User.where("username", username).column("id")
  return Article.query()
    .when(tag, (query, name) => query.where("id", "in", Tag.where("name", name).column("articleId")))
    .when(author, (query, username) => query.where("authorId", "in", named(username)))
    .when(favorited, (query, username) =>
      query.where("id", "in", Favorite.where("userId", "in", named(username)).column("articleId")),
    )
}

/** Articles of those whom somebody follows. */
export function feedOf({ id }: UserRow): ModelQuery<typeof Article> {
  return Article.where("authorId", "in", Follow.where("followerId", id).column("followedId"))
}

interface Written {
  readonly title: string
  readonly description: string
  readonly body: string
  readonly tagList: readonly string[]
}

export async function createArticle(
  db: Database,
  author: UserRow,
  { tagList, ...written }: Written,
): Promise<ArticleRow> {
  return await withFreeSlug(written.title, (slug) =>
    db.transaction(async () => {
      const article = await Article.create({ ...written, slug, authorId: author.id })
      await Tag.insertMany(tagsOf(article, tagList))
      return article
    }),
  )
}

/** Changes what is mentioned. Another title gives another address. */
export async function updateArticle(
  db: Database,
  article: ArticleRow,
  { tagList, ...changes }: Partial<Written>,
): Promise<void> {
  const write = (slug: string): Promise<void> =>
    db.transaction(async () => {
      // Of two changes in one millisecond the second is later all the same.
      const updatedAt = new Date(Math.max(Date.now(), article.updatedAt.getTime() + 1))
      await article.update({ ...changes, slug, updatedAt })
      if (tagList === undefined) return
      await Tag.where("articleId", article.id).where("name", "notIn", tagList).delete()
      await Tag.upsert(tagsOf(article, tagList), { on: ["articleId", "name"], update: [] })
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

/** Makes an article somebody's favorite, once. */
export async function favorite({ id }: ArticleRow, viewer: UserRow): Promise<void> {
  await Favorite.upsert([{ userId: viewer.id, articleId: id }], { on: ["userId", "articleId"], update: [] })
}

export async function unfavorite({ id }: ArticleRow, viewer: UserRow): Promise<void> {
  await Favorite.where("userId", viewer.id).where("articleId", id).delete()
}
