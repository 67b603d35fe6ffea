import { v } from "@ashlar/validation"
import { Profile } from "./profile.ts"
import { missingOr, text, verbatim } from "./text.ts"

const Title = text(200)
const Description = text(1_000)
const Body = verbatim(200_000).refine((sent) => sent.trim() !== "", "can't be blank")
const TagList = v.array(text(50)).max(20, "is too long (at most 20 tags)").message("is not a list of tags")

export const NewArticle = v
  .object({
    article: v
      .object({ title: Title, description: Description, body: Body, tagList: TagList.default([]) })
      .strip()
      .message(missingOr("is not an object")),
  })
  .strip()

export const ArticleChanges = v
  .object({
    article: v
      .object({
        title: Title.optional(),
        description: Description.optional(),
        body: Body.optional(),
        tagList: TagList.optional(),
      })
      .strip()
      .message(missingOr("is not an object")),
  })
  .strip()

/** The place of an article in a path. */
export const ArticleParams = v.object({ slug: verbatim(300) })

/** A page that is asked for to hold more articles holds so many. */
export const MAX_PAGE = 100

const Count = v.coerce.integer().max(2_147_483_647, "is too large").message("must be a whole number")

export const Page = v
  .object({
    limit: Count.min(1, "must be 1 or more").default(20),
    offset: Count.min(0, "must be 0 or more").default(0),
  })
  .strip()

export const ArticleQuery = Page.extend({
  tag: verbatim(50).optional(),
  author: verbatim(60).optional(),
  favorited: verbatim(60).optional(),
}).strip()

/** An article, but for its body. `favorited` and `author.following` are about who asks. */
export const ListedArticle = v
  .object({
    slug: v.string(),
    title: v.string(),
    description: v.string(),
    tagList: v.array(v.string()),
    createdAt: v.string().datetime(),
    updatedAt: v.string().datetime(),
    favorited: v.boolean(),
    favoritesCount: v.integer().min(0),
    author: Profile,
  })
  .meta({ id: "ListedArticle" })

const Article = ListedArticle.extend({ body: v.string() }).meta({ id: "Article" })

export const ArticleReply = v.object({ article: Article }).meta({ id: "SingleArticleResponse" })
/** A page of a list, and how long the list is. */
export const ArticlesReply = v
  .object({ articles: v.array(ListedArticle), articlesCount: v.integer().min(0) })
  .meta({ id: "MultipleArticlesResponse" })
export const TagsReply = v.object({ tags: v.array(v.string()) }).meta({ id: "TagsResponse" })
