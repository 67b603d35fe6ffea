import { del, errors, get, post, routes } from "@ashlar/http"
import { findArticle } from "../articles.ts"
import { commentsOn, findOwnComment } from "../comments.ts"
import { anybody, signedIn } from "../layers/viewer.ts"
import { Comment } from "../models/comment.ts"
import { ArticleParams } from "../schemas/article.ts"
import { CommentParams, CommentReply, CommentsReply, NewComment } from "../schemas/comment.ts"
import { viewComments } from "../views.ts"

const all = { tags: ["comments"], params: ArticleParams, errors: [errors.NotFound] } as const

/** What they say of it. */
export const commentRoutes = routes({
  list: get(
    "/articles/:slug/comments",
    { ...all, summary: "The comments on an article", layers: [anybody], response: CommentsReply },
    async (ctx) => {
      const article = await findArticle(ctx.params.slug)
      return { comments: await viewComments(await commentsOn(article), ctx.viewer) }
    },
  ),
  create: post(
    "/articles/:slug/comments",
    { ...all, summary: "Comment on an article", layers: [signedIn], body: NewComment, response: { 201: CommentReply } },
    async (ctx) => {
      const article = await findArticle(ctx.params.slug)
      const { body } = ctx.body.comment
      const created = await Comment.create({ body, articleId: article.id, authorId: ctx.viewer.id })
      const [comment] = await viewComments([created], ctx.viewer)
      return ctx.json({ comment: comment! }, 201)
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
      const comment = await findOwnComment(article, ctx.params.id, ctx.viewer)
      await comment.delete()
      return ctx.empty()
    },
  ),
})
