/** What workload c posts and gets back. */
export interface User {
  readonly name: string
  readonly email: string
  readonly age: number
  readonly tags: readonly string[]
}

export const USER: User = { name: "Ada Lovelace", email: "ada@example.com", age: 36, tags: ["math", "engine", "notes"] }
