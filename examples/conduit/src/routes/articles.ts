import { del, errors, get, post, put, routes } from "@ashlar/http"
import { createArticle, filtered, findArticle, findOwnArticle, followed, updateArticle } from "../articles.ts"
import { defined } from "../defined.ts"
import { anybody, signedIn } from "../layers/viewer.ts"
import { Article, type ArticleRow } from "../models/article.ts"
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
import { articlesFor, listedFor, type Viewer, viewArticle, viewListed } from "../views.ts"

const MAX_TAGS = 10_000
const tags = ["articles"]
const one = { tags, params: ArticleParams, response: ArticleReply, errors: [errors.NotFound] } as const
const own = { ...one, layers: [signedIn], errors: [errors.NotFound, errors.Forbidden] } as const

/** What people write, and what they like. */
export const articleRoutes = routes({
  list: get(
    "/articles",
    { summary: "The newest articles", tags, layers: [anybody], query: ArticleQuery, response: ArticlesReply },
    (ctx) => pageOf(filtered(listedFor(ctx.viewer), ctx.query), ctx.query),
  ),
  feed: get(
    "/articles/feed",
    { summary: "Of those whom you follow", tags, layers: [signedIn], query: Page, response: ArticlesReply },
    (ctx) => pageOf(followed(listedFor(ctx.viewer), ctx.viewer), ctx.query),
  ),
  show: get("/articles/:slug", { ...one, summary: "An article", layers: [anybody] }, async (ctx) =>
    show(await findArticle(ctx.params.slug), ctx.viewer),
  ),
  create: post(
    "/articles",
    { summary: "Write an article", tags, layers: [signedIn], body: NewArticle, response: { 201: ArticleReply } },
    async (ctx) => {
      const article = await createArticle(await ctx.use(Db), ctx.viewer, ctx.body.article)
      return ctx.json(await show(article, ctx.viewer), 201)
    },
  ),
  update: put("/articles/:slug", { ...own, summary: "Change an article", body: ArticleChanges }, async (ctx) => {
    const article = await findOwnArticle(ctx.params.slug, ctx.viewer)
    await updateArticle(await ctx.use(Db), article, defined(ctx.body.article))
    return show(article, ctx.viewer)
  }),
  remove: del("/articles/:slug", { ...own, summary: "Delete an article", response: { 204: null } }, async (ctx) => {
    const { id } = await findOwnArticle(ctx.params.slug, ctx.viewer)
    await Article.where("id", id).delete()
    return ctx.empty()
  }),
  favorite: post(
    "/articles/:slug/favorite",
    { ...one, summary: "Favor an article", layers: [signedIn] },
    async (ctx) => {
      const article = await findArticle(ctx.params.slug)
      await article.related("fans").attach(ctx.viewer)
      return show(article, ctx.viewer)
    },
  ),
  unfavorite: del(
    "/articles/:slug/favorite",
    { ...one, summary: "Favor it no longer", layers: [signedIn] },
    async (ctx) => {
      const article = await findArticle(ctx.params.slug)
      await article.related("fans").detach(ctx.viewer)
      return show(article, ctx.viewer)
    },
  ),
  tags: get("/tags", { summary: "The tags of all articles", tags, response: TagsReply }, async () => ({
    tags: await Tag.query().distinct().orderBy("name").limit(MAX_TAGS).pluck("name"),
  })),
})

async function show({ id }: ArticleRow, viewer: Viewer) {
  return { article: viewArticle(await articlesFor(viewer).where("id", id).firstOrFail()) }
}

/** A page of a list, and how long the list is. */
async function pageOf(
  articles: ReturnType<typeof listedFor>,
  { limit, offset }: { readonly limit: number; readonly offset: number },
) {
  const newest = articles.orderBy("createdAt", "desc").orderBy("id", "desc")
  const [page, articlesCount] = await Promise.all([
    newest.limit(Math.min(limit, MAX_PAGE)).offset(offset).get(),
    articles.count(),
  ])
  return { articles: page.map(viewListed), articlesCount }
}
