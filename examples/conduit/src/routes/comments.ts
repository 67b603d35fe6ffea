import { del, errors, get, post, routes } from "@ashlar/http"
import { findArticle } from "../articles.ts"
import { findOwnComment } from "../comments.ts"
import { anybody, signedIn } from "../layers/viewer.ts"
import { Comment } from "../models/comment.ts"
import { ArticleParams } from "../schemas/article.ts"
import { CommentParams, CommentReply, CommentsReply, NewComment } from "../schemas/comment.ts"
import { commentsFor, viewComment } from "../views.ts"

const MAX_COMMENTS = 1_000

const all = { tags: ["comments"], params: ArticleParams, errors: [errors.NotFound] } as const

/** What they say of it. */
export const commentRoutes = routes({
  list: get(
    "/articles/:slug/comments",
    { ...all, summary: "The comments on an article", layers: [anybody], response: CommentsReply },
    async (ctx) => {
      const { id } = await findArticle(ctx.params.slug)
      const comments = await commentsFor(ctx.viewer).where("articleId", id).orderBy("id").limit(MAX_COMMENTS).get()
      return { comments: comments.map(viewComment) }
    },
  ),
  create: post(
    "/articles/:slug/comments",
    { ...all, summary: "Comment on an article", layers: [signedIn], body: NewComment, response: { 201: CommentReply } },
    async (ctx) => {
      const article = await findArticle(ctx.params.slug)
      const { body } = ctx.body.comment
      const { id } = await Comment.create({ body, articleId: article.id, authorId: ctx.viewer.id })
      const comment = await commentsFor(ctx.viewer).where("id", id).firstOrFail()
      return ctx.json({ comment: viewComment(comment) }, 201)
    },
  ),
  remove: del(
    "/articles/:slug/comments/:id",
    {
      summary: "Delete a comment",
      tags: ["comments"],
      layers: [signedIn],
      params: CommentParams,
      response: { 204: null },
      errors: [errors.NotFound, errors.Forbidden],
    },
    async (ctx) => {
      const article = await findArticle(ctx.params.slug)
      const { id } = await findOwnComment(article, ctx.params.id, ctx.viewer)
      await Comment.where("id", id).delete()
      return ctx.empty()
    },
  ),
})
