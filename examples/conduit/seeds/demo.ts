import { defineSeed } from "@ashlar/orm/migrations"
import { createArticle } from "../src/articles.ts"
import { Comment } from "../src/models/comment.ts"
import { User } from "../src/models/user.ts"
import { hashPassword } from "../src/passwords.ts"

const ARTICLES = [
  { title: "How to cut stone", description: "Slowly", body: "With a saw, and water.", tagList: ["stone", "tools"] },
  { title: "Why walls stand", description: "Weight, mostly", body: "Nothing pulls.", tagList: ["stone", "walls"] },
  { title: "A day without mortar", description: "It can be done", body: "The joints are fine.", tagList: ["walls"] },
]

/** Three people who sign in as `ana@example.com` and so on with "correct horse", what they wrote, and what they like. Twice is once. */
export default defineSeed(async (db) => {
  if (await User.in(db).query().where("username", "ana").exists()) return
  const password = await hashPassword("correct horse")
  const person = (username: string) =>
    User.in(db).create({ username, email: `${username}@example.com`, password, bio: `${username} cuts stone` })
  const [ana, bram, cleo] = [await person("ana"), await person("bram"), await person("cleo")]
  for (const written of ARTICLES) {
    const article = await createArticle(db, ana, written)
    await article.related("fans").attach([bram, cleo])
    await Comment.in(db).create({ articleId: article.id, authorId: bram.id, body: "Thank you!" })
  }
  await createArticle(db, bram, { title: "On resting", description: "Often", body: "Sit down first.", tagList: [] })
  await ana.related("followers").attach([bram, cleo])
})
