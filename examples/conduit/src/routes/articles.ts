import { del, errors, get, post, put, routes } from "@ashlar/http"
import type { ModelQuery } from "@ashlar/orm"
import {
  articlesBy,
  createArticle,
  favorite,
  feedOf,
  findArticle,
  findOwnArticle,
  unfavorite,
  updateArticle,
} from "../articles.ts"
import { defined } from "../defined.ts"
import { anybody, signedIn } from "../layers/viewer.ts"
import type { Article } from "../models/article.ts"
import { Tag } from "../models/tag.ts"
import {
  ArticleChanges,
  ArticleParams,
  ArticleQuery,
  ArticleReply,
  ArticlesReply,
  MAX_PAGE,
  NewArticle,
  Page,
  TagsReply,
} from "../schemas/article.ts"
import { Db } from "../services.ts"
import { type Viewer, viewArticle, viewArticles } from "../views.ts"

const MAX_TAGS = 1_000
const tags = ["articles"]
const one = { tags, params: ArticleParams, response: ArticleReply, errors: [errors.NotFound] } as const
const own = { ...one, layers: [signedIn], errors: [errors.NotFound, errors.Forbidden] } as const

/** What people write, and what they like. */
export const articleRoutes = routes({
  list: get(
    "/articles",
    { summary: "The newest articles", tags, layers: [anybody], query: ArticleQuery, response: ArticlesReply },
    (ctx) => pageOf(articlesBy(ctx.query), ctx.query, ctx.viewer),
  ),
  feed: get(
    "/articles/feed",
    { summary: "Of those whom you follow", tags, layers: [signedIn], query: Page, response: ArticlesReply },
    (ctx) => pageOf(feedOf(ctx.viewer), ctx.query, ctx.viewer),
  ),
  show: get("/articles/:slug", { ...one, summary: "An article", layers: [anybody] }, async (ctx) => ({
    article: await viewArticle(await findArticle(ctx.params.slug), ctx.viewer),
  })),
  create: post(
    "/articles",
    { summary: "Write an article", tags, layers: [signedIn], body: NewArticle, response: { 201: ArticleReply } },
    async (ctx) => {
      const article = await createArticle(await ctx.use(Db), ctx.viewer, ctx.body.article)
      return ctx.json({ article: await viewArticle(article, ctx.viewer) }, 201)
    },
  ),
  update: put("/articles/:slug", { ...own, summary: "Change an article", body: ArticleChanges }, async (ctx) => {
    const article = await findOwnArticle(ctx.params.slug, ctx.viewer)
    await updateArticle(await ctx.use(Db), article, defined(ctx.body.article))
    return { article: await viewArticle(article, ctx.viewer) }
  }),
  remove: del("/articles/:slug", { ...own, summary: "Delete an article", response: { 204: null } }, async (ctx) => {
    const article = await findOwnArticle(ctx.params.slug, ctx.viewer)
    await article.delete()
    return ctx.empty()
  }),
  favorite: post(
    "/articles/:slug/favorite",
    { ...one, summary: "Favor an article", layers: [signedIn] },
    async (ctx) => {
      const article = await findArticle(ctx.params.slug)
      await favorite(article, ctx.viewer)
      return { article: await viewArticle(article, ctx.viewer) }
    },
  ),
  unfavorite: del(
    "/articles/:slug/favorite",
    { ...one, summary: "Favor it no longer", layers: [signedIn] },
    async (ctx) => {
      const article = await findArticle(ctx.params.slug)
      await unfavorite(article, ctx.viewer)
      return { article: await viewArticle(article, ctx.viewer) }
    },
  ),
  tags: get("/tags", { summary: "The tags of all articles", tags, response: TagsReply }, async () => ({
    tags: await Tag.query().distinct().orderBy("name").limit(MAX_TAGS).pluck("name"),
  })),
})

/** A page of a list, and how long the list is. */
async function pageOf(
  query: ModelQuery<typeof Article>,
  { limit, offset }: { readonly limit: number; readonly offset: number },
  viewer: Viewer,
) {
  const newest = query.orderBy("createdAt", "desc").orderBy("id", "desc")
  const [articlesCount, page] = await Promise.all([
    query.count(),
    newest
      .select("id", "slug", "title", "description", "authorId", "createdAt", "updatedAt")
      .limit(Math.min(limit, MAX_PAGE))
      .offset(offset)
      .get(),
  ])
  return { articles: await viewArticles(page, viewer), articlesCount }
}
