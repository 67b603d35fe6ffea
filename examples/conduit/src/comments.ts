import type { ArticleRow } from "./models/article.ts"
import { Comment, type CommentRow } from "./models/comment.ts"
import type { UserRow } from "./models/user.ts"
import { forbidden, notFound } from "./refusals.ts"

/** @throws 404 or 403 */
export async function findOwnComment(article: ArticleRow, id: number, author: UserRow): Promise<CommentRow> {
  const comment = await Comment.where("articleId", article.id).where("id", id).first()
  if (comment === undefined) throw notFound("comment")
  if (comment.authorId !== author.id) throw forbidden("comment")
  return comment
}
