/** Checked by `tsc`: what a relation makes of the types of rows. */
import {
  belongsTo,
  deletedAt,
  hasMany,
  hasManyThrough,
  hasOne,
  integer,
  Model,
  manyToMany,
  morphMany,
  morphTo,
  scope,
  text,
  uuid,
} from "../index.ts"

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function is<_T extends true>(): void {}

class Country extends Model {
  static table = "countries"
  static columns = { id: uuid().primary(), name: text() }
  static relations = { posts: hasManyThrough(() => Post, { through: () => User }) }
}
class User extends Model {
  static table = "users"
  static columns = {
    id: uuid().primary(),
    email: text(),
    password: text().hidden(),
    countryId: uuid().references(() => Country),
  }
  static relations = {
    posts: hasMany(() => Post, { foreignKey: "authorId" }),
    profile: hasOne(() => Profile),
    country: belongsTo(() => Country),
    roles: manyToMany(() => Role, { through: "user_roles", columns: { level: integer() } }),
    teams: manyToMany(() => Role, { through: "user_teams" }),
    memberships: manyToMany(() => Role, { through: () => Membership }),
    comments: morphMany(() => Comment, "subject"),
  }
  get domain(): string {
    return "x"
  }
}
class Membership extends Model {
  static table = "memberships"
  static columns = { userId: uuid().primary(), roleId: uuid().primary(), since: text() }
}
class Role extends Model {
  static table = "roles"
  static columns = { id: uuid().primary(), name: text() }
  static relations = { users: manyToMany(() => User, { through: "user_roles" }) }
}
class Profile extends Model {
  static table = "profiles"
  static columns = { id: uuid().primary(), userId: uuid().references(() => User) }
  static relations = { user: belongsTo(() => User) }
}
class Post extends Model {
  static table = "posts"
  static columns = {
    id: uuid().primary(),
    title: text(),
    votes: integer(),
    authorId: uuid().references(() => User),
    editorId: uuid()
      .nullable()
      .references(() => User),
    loose: uuid(),
    deletedAt: deletedAt(),
  }
  static relations = {
    author: belongsTo(() => User),
    editor: belongsTo(() => User),
    plain: belongsTo(() => User, { foreignKey: "loose" }),
    comments: morphMany(() => Comment, "subject"),
  }
}
class Comment extends Model {
  static table = "comments"
  static columns = {
    id: uuid().primary(),
    subjectType: text(),
    subjectId: uuid(),
    postId: uuid().references(() => Post),
    noteId: uuid().references(() => Note),
  }
  static relations = {
    subject: morphTo(() => ({ post: Post, user: User })),
    post: belongsTo(() => Post),
    note: belongsTo(() => Note),
  }
}
class Note extends Model {
  static table = "notes"
  static columns = { id: uuid().primary() }
  static scopes = { mine: scope("id", "x") }
}
class Wrong extends Model {
  static table = "wrongs"
  static columns = { id: uuid().primary() }
  // @ts-expect-error Post has no such column
  static relations = { posts: hasMany(() => Post, { foreignKey: "autorId" }), self: belongsTo(() => Wrong) }
}

export async function loaded(): Promise<void> {
  const user = await User.with(
    "posts",
    "posts.comments",
    "profile",
    "country",
    "roles",
    "teams",
    "memberships",
  ).firstOrFail()
  is<Equal<(typeof user.posts)[number]["title"], string>>()
  is<Equal<(typeof user.posts)[number]["comments"][number]["subjectId"], string>>()
  is<Equal<(typeof user.roles)[number]["pivot"]["level"], number>>()
  is<Equal<(typeof user.memberships)[number]["pivot"]["since"], string>>()
  is<Equal<typeof user.domain, string>>()
  const name: string = user.country.name
  // @ts-expect-error there may be none
  user.profile.id
  // @ts-expect-error the table in between has keys only
  user.teams[0]?.pivot
  // @ts-expect-error hidden
  user.posts[0]?.password
  // @ts-expect-error it was not asked for
  user.comments
  // @ts-expect-error nor was this, of what was
  user.posts[0]?.author
  void name
}

export async function certainty(): Promise<void> {
  const post = await Post.with("author", "author.country", "editor", "plain").firstOrFail()
  const email: string = post.author.email + post.author.country.name
  // @ts-expect-error the key may be null
  post.editor.email
  // @ts-expect-error nothing says that the other row is there
  post.plain.email
  const some = await Post.with("author", (author) => author.where("email", "like", "%@x.org")).firstOrFail()
  // @ts-expect-error a condition may leave it out
  some.author.email
  const comment = await Comment.with("post", "note", "subject").firstOrFail()
  // @ts-expect-error it may be deleted softly
  comment.post.title
  // @ts-expect-error a scope may hide it
  comment.note.id
  const id: string | undefined = comment.subject?.id
  void [email, id]
}

export async function built(): Promise<void> {
  const user = await User.with("posts", (post) => post.select("title").with("author").orderBy("votes").limit(3))
    .with("posts.comments")
    .firstOrFail()
  is<Equal<(typeof user.posts)[number]["title"], string>>()
  const country = await Country.with("posts.author", (author) => author.select("email")).firstOrFail()
  const email: string | undefined = country.posts[0]?.author?.email
  // @ts-expect-error not selected
  country.posts[0]?.author?.countryId
  const counted = await User.query()
    .withCount("posts")
    .withCount("posts as good", (post) => post.where("votes", ">", 3))
    .withSum("posts", "votes")
    .firstOrFail()
  is<Equal<typeof counted.postsCount, number>>()
  is<Equal<typeof counted.good, number>>()
  is<Equal<typeof counted.postsVotesSum, number | null>>()
  void email
}

export async function related(): Promise<void> {
  const user = await User.query().firstOrFail()
  const again = await (await user.load("posts")).load("roles")
  is<Equal<(typeof again.posts)[number]["votes"], number>>()
  const post = await user.related("posts").create({ title: "t", votes: 1, loose: "x", editorId: null })
  is<Equal<typeof post.title, string>>()
  // @ts-expect-error a title is needed
  await user.related("posts").create({ votes: 1, loose: "x" })
  post.related("author").associate(user)
  // @ts-expect-error of another model
  post.related("author").associate(post)
  await user.related("roles").attach(["a"], { level: 1 })
  // @ts-expect-error of another type
  await user.related("roles").attach(["a"], { level: "1" })
  // @ts-expect-error of another type
  await user.related("roles").attach(1)
  // @ts-expect-error rows behind others are made there
  user.related("country").create({ name: "x" })
  await User.with("roles", (role) => role.where("name", "x").wherePivot((one) => one.where("level", ">", 1))).get()
  await user
    .related("memberships")
    .wherePivot((one) => one.where("since", "2026"))
    .get()
  // @ts-expect-error no such column in between
  await User.with("roles", (role) => role.wherePivot((one) => one.where("rank", 1))).get()
  // @ts-expect-error nothing is in between
  await User.with("posts", (post) => post.wherePivot((one) => one)).get()
  const roles = await user.related("roles").get()
  is<Equal<(typeof roles)[number]["pivot"]["level"], number>>()
  // @ts-expect-error no such relation
  user.related("nothing")
  // @ts-expect-error no such relation
  User.with("nothing")
  // @ts-expect-error no such relation behind it
  User.with("posts.nothing")
  // @ts-expect-error no such relation
  User.whereHas("nothing")
  // @ts-expect-error no such column
  User.whereHas("posts", (one) => one.where("nothing", 1))
}
