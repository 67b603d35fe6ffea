/** What every subject does with two tables: {@link USERS} users, and posts that each belong to one. */
export interface Subject {
  /** One user by primary key: `{ id, name, email }`. */
  key(id: number): unknown
  /** One post, its id known afterwards. */
  insert(userId: number, createdAt: number): unknown
  /** The latest {@link PAGE} posts, each with its user: all columns of both, however nested. */
  list(): unknown
  close(): Promise<void>
}

/** Opens a subject on a database that is there and filled. */
export type OpenSubject = (url: string) => Promise<Subject>

export const CASES = ["key", "insert", "list"] as const
export type Case = (typeof CASES)[number]

export const USERS = 1_000
export const POSTS = 10_000
export const PAGE = 20
export const TITLE = "On the calculation of numbers by machines"

/** Columns that both databases understand; the key of a post is given by the database. */
export function createTables(postKey: string): readonly string[] {
  return [
    "create table users (id integer primary key, name text not null, email text not null)",
    `create table posts (id ${postKey}, user_id integer not null references users (id), title text not null, created_at integer not null)`,
  ]
}

export const KEY_SQL = "select id, name, email from users where id ="
export const INSERT_SQL = "insert into posts (user_id, title, created_at) values"
export const LIST_SQL = `select p.id, p.user_id, p.title, p.created_at, u.id as author_id, u.name, u.email
  from posts p inner join users u on u.id = p.user_id order by p.id desc limit ${PAGE}`

export function userOf(id: number): { id: number; name: string; email: string } {
  return { id, name: `user ${id}`, email: `user${id}@example.org` }
}

/** The user of the post with this number, so that a list never meets one user only. */
export function authorOf(post: number): number {
  return 1 + (post % USERS)
}
