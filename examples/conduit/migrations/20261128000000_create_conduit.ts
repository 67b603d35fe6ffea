import { defineMigration, type Schema } from "@ashlar/orm/migrations"

/** MySQL compares text by what looks alike unless it is told otherwise; the others compare it as it is. */
const exactly = { collation: "utf8mb4_bin" }

export default defineMigration({
  up(schema) {
    schema.createTable("users", (t) => {
      t.uuid("id").primary()
      t.text("username", 60).unique()
      t.text("email", 254).unique()
      t.text("password", 200)
      t.text("bio", 2_000).nullable()
      t.text("image", 2_000).nullable()
      t.timestamp("created_at")
      t.timestamp("updated_at")
      t.options(exactly)
    })
    schema.createTable("follows", (t) => {
      t.uuid("follower_id").references("users", "id", { onDelete: "cascade" })
      t.uuid("followed_id").references("users", "id", { onDelete: "cascade" }).index()
      t.primary(["follower_id", "followed_id"])
      t.options(exactly)
    })
    schema.createTable("articles", (t) => {
      t.uuid("id").primary()
      t.text("slug", 250).unique()
      t.text("title", 200)
      t.text("description", 1_000)
      t.text("body")
      t.uuid("author_id").references("users", "id", { onDelete: "cascade" })
      t.timestamp("created_at")
      t.timestamp("updated_at")
      t.index(["created_at", "id"])
      t.index(["author_id", "created_at", "id"])
      t.options(exactly)
    })
    createArticleTables(schema)
  },
  down(schema) {
    for (const table of ["comments", "favorites", "tags", "articles", "follows", "users"]) schema.dropTable(table)
  },
})

/** What belongs to articles, and goes with them. */
function createArticleTables(schema: Schema): void {
  schema.createTable("tags", (t) => {
    t.uuid("article_id").references("articles", "id", { onDelete: "cascade" })
    t.text("name", 50)
    t.primary(["article_id", "name"])
    t.index(["name", "article_id"])
    t.options(exactly)
  })
  schema.createTable("favorites", (t) => {
    t.uuid("user_id").references("users", "id", { onDelete: "cascade" })
    t.uuid("article_id").references("articles", "id", { onDelete: "cascade" }).index()
    t.primary(["user_id", "article_id"])
    t.options(exactly)
  })
  schema.createTable("comments", (t) => {
    t.integer("id").primary().autoIncrement()
    t.uuid("article_id").references("articles", "id", { onDelete: "cascade" }).index()
    t.uuid("author_id").references("users", "id", { onDelete: "cascade" })
    t.text("body")
    t.timestamp("created_at")
    t.timestamp("updated_at")
    t.options(exactly)
  })
}
