import type { Generated } from "kysely"

export interface Tables {
  users: { id: number; name: string; email: string }
  posts: { id: Generated<number>; user_id: number; title: string; created_at: number }
}
