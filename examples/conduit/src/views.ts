import type { ModelQuery } from "@ashlar/orm"
import { Article } from "./models/article.ts"
import { Comment } from "./models/comment.ts"
import { User, type UserRow } from "./models/user.ts"

/*
 * Rows as callers see them: `favorited` and `following` are about who asks. A query brings all that its view shows, so that a page of
 * articles is two queries, however many there are.
 */

/** Who asks, where somebody does. */
export type Viewer = UserRow | undefined

/** An id that nobody has. */
const NOBODY = "00000000-0000-0000-0000-000000000000"

export function peopleFor(viewer: Viewer) {
  return followedBy(viewer, User.query())
}

/** Counts who asks among the followers: once or not at all. */
function followedBy(viewer: Viewer, people: ModelQuery<typeof User>) {
  return people.withCount("followers as following", (follower) => follower.where("id", viewer?.id ?? NOBODY))
}

export function articlesFor(viewer: Viewer) {
  return seenBy(viewer, Article.query())
}

/** The same, as a list shows them. */
export function listedFor(viewer: Viewer) {
  return seenBy(viewer, Article.select("id", "slug", "title", "description", "authorId", "createdAt", "updatedAt"))
}

function seenBy<R>(viewer: Viewer, articles: ModelQuery<typeof Article, R>) {
  return articles
    .with("author", (author) => followedBy(viewer, author))
    .with("tags")
    .withCount("fans as favoritesCount")
    .withCount("fans as favorited", (fan) => fan.where("id", viewer?.id ?? NOBODY))
}

export function commentsFor(viewer: Viewer) {
  return Comment.with("author", (author) => followedBy(viewer, author))
}

type Row<Q extends { first(): Promise<unknown> }> = NonNullable<Awaited<ReturnType<Q["first"]>>>
type PersonRow = Row<ReturnType<typeof peopleFor>>
type ViewedArticle = Row<ReturnType<typeof articlesFor>>
type ListedArticle = Row<ReturnType<typeof listedFor>>
type ViewedComment = Row<ReturnType<typeof commentsFor>>

export function viewProfile({ username, bio, image, following }: PersonRow) {
  return { username, bio, image, following: following > 0 }
}

export function viewArticle(article: ViewedArticle) {
  return { ...viewListed(article), body: article.body }
}

/** In a list, an article has no body. */
export function viewListed({ slug, title, description, ...article }: ListedArticle) {
  return {
    slug,
    title,
    description,
    tagList: article.tags.map(({ name }) => name).sort(),
    createdAt: article.createdAt.toISOString(),
    updatedAt: article.updatedAt.toISOString(),
    favorited: article.favorited > 0,
    favoritesCount: article.favoritesCount,
    author: viewProfile(article.author!), // a foreign key that is never null
  }
}

export function viewComment({ id, body, createdAt, updatedAt, author }: ViewedComment) {
  return {
    id,
    body,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
    author: viewProfile(author!),
  }
}
