import { v } from "@ashlar/validation"
import { ArticleParams } from "./article.ts"
import { Profile } from "./profile.ts"
import { missingOr, text } from "./text.ts"

export const NewComment = v
  .object({
    comment: v
      .object({ body: text(10_000) })
      .strip()
      .message(missingOr("is not an object")),
  })
  .strip()

/** The place of a comment in a path. */
export const CommentParams = ArticleParams.extend({
  id: v.coerce
    .integer()
    .min(1, "must be 1 or more")
    .max(2_147_483_647, "is too large")
    .message("must be a whole number"),
})

const Comment = v
  .object({
    id: v.integer(),
    createdAt: v.string().datetime(),
    updatedAt: v.string().datetime(),
    body: v.string(),
    author: Profile,
  })
  .meta({ id: "Comment" })

export const CommentReply = v.object({ comment: Comment }).meta({ id: "SingleCommentResponse" })
export const CommentsReply = v.object({ comments: v.array(Comment) }).meta({ id: "MultipleCommentsResponse" })
