import type { ArticleRow } from "./models/article.ts"
import type { CommentRow } from "./models/comment.ts"
import { Favorite } from "./models/favorite.ts"
import { Follow } from "./models/follow.ts"
import { Tag } from "./models/tag.ts"
import { User, type UserRow } from "./models/user.ts"

/* Rows as callers see them. A page takes as many queries as a single row. */

/** Who asks, where somebody does: what is a favorite, and who is followed, is about them. */
export type Viewer = UserRow | undefined

interface ProfileView {
  readonly username: string
  readonly bio: string | null
  readonly image: string | null
  readonly following: boolean
}

/** Of many things those that somebody who asks has: nobody has none. */
const NONE: readonly string[] = []

export async function viewProfile(person: UserRow, viewer: Viewer): Promise<ProfileView> {
  return (await profilesBy([person.id], viewer)).get(person.id)!
}

/** People by their ids. */
async function profilesBy(ids: readonly string[], viewer: Viewer): Promise<ReadonlyMap<string, ProfileView>> {
  const [people, followed] = await Promise.all([
    User.where("id", "in", ids).get(),
    viewer ? Follow.where("followerId", viewer.id).where("followedId", "in", ids).pluck("followedId") : NONE,
  ])
  return new Map(
    people.map(({ id, username, bio, image }) => [id, { username, bio, image, following: followed.includes(id) }]),
  )
}

export async function viewComments(comments: readonly CommentRow[], viewer: Viewer) {
  const people = await profilesBy([...new Set(comments.map(({ authorId }) => authorId))], viewer)
  return comments.map(({ id, body, createdAt, updatedAt, authorId }) => ({
    id,
    body,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
    author: people.get(authorId)!,
  }))
}

export async function viewArticle(article: ArticleRow, viewer: Viewer) {
  const [listed] = await viewArticles([article], viewer)
  return { ...listed!, body: article.body }
}

type ListedArticle = Pick<ArticleRow, "id" | "slug" | "title" | "description" | "authorId" | "createdAt" | "updatedAt">

export async function viewArticles(articles: readonly ListedArticle[], viewer: Viewer) {
  const ids = articles.map(({ id }) => id)
  const [people, tags, favorites, own] = await Promise.all([
    profilesBy([...new Set(articles.map(({ authorId }) => authorId))], viewer),
    Tag.where("articleId", "in", ids).orderBy("name").get(),
    Favorite.where("articleId", "in", ids).get(),
    viewer ? Favorite.where("userId", viewer.id).where("articleId", "in", ids).pluck("articleId") : NONE,
  ])
  return articles.map(({ id, slug, title, description, createdAt, updatedAt, authorId }) => ({
    slug,
    title,
    description,
    tagList: tags.filter(({ articleId }) => articleId === id).map(({ name }) => name),
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
    favorited: own.includes(id),
    favoritesCount: favorites.filter(({ articleId }) => articleId === id).length,
    author: people.get(authorId)!,
  }))
}
