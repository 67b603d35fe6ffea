import type { Kysely } from "kysely"
import { PAGE, type Subject, TITLE } from "../workload.ts"
import type { Tables } from "./kysely-tables.ts"

export function kyselySubject(db: Kysely<Tables>): Subject {
  return {
    key: (id) => db.selectFrom("users").select(["id", "name", "email"]).where("id", "=", id).executeTakeFirst(),
    insert: (userId, createdAt) =>
      db
        .insertInto("posts")
        .values({ user_id: userId, title: TITLE, created_at: createdAt })
        .returning("id")
        .executeTakeFirst(),
    list: () =>
      db
        .selectFrom("posts as p")
        .innerJoin("users as u", "u.id", "p.user_id")
        .select(["p.id", "p.user_id", "p.title", "p.created_at", "u.id as author_id", "u.name", "u.email"])
        .orderBy("p.id", "desc")
        .limit(PAGE)
        .execute(),
    close: () => db.destroy(),
  }
}
