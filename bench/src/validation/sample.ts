/** What all subjects are asked about: a user, as JSON brings one. Eight fields, one of them optional, one an object; no other keys. */
export interface User {
  readonly id: string
  readonly name: string
  readonly email: string
  readonly age?: number | undefined
  readonly admin: boolean
  readonly role: "owner" | "editor" | "viewer"
  readonly tags: readonly string[]
  readonly address: { readonly street: string; readonly zip: string }
}

/** Many, so that nobody checks one object only; every fourth has no age. */
const COUNT = 64

/** Objects that are valid. */
export function validUsers(): readonly unknown[] {
  return Array.from({ length: COUNT }, (_, at) => JSON.parse(JSON.stringify(userOf(at))) as unknown)
}

/** Objects with three things wrong: the age, the role, and the second tag. */
export function invalidUsers(): readonly unknown[] {
  return Array.from({ length: COUNT }, (_, at) => {
    const user = userOf(at)
    const wrong = { ...user, age: -1 - at, role: "guest", tags: ["a", at] }
    return JSON.parse(JSON.stringify(wrong)) as unknown
  })
}

/** How many of the things wrong with an invalid user must be told, at least. */
export const WRONGS = 3

/** Objects that each subject must refuse, one reason each. */
export function refusals(): readonly unknown[] {
  const user = userOf(1)
  const changes: readonly object[] = [
    { id: "0190" },
    { name: "" },
    { name: "x".repeat(101) },
    { email: "nobody" },
    { age: 151 },
    { age: 1.5 },
    { admin: "true" },
    { role: "guest" },
    { tags: Array(11).fill("x") },
    { tags: [1] },
    { address: { street: "x" } },
    { address: { street: "x", zip: "12345678901" } },
    { address: { street: "x", zip: "1", city: "y" } },
    { extra: 1 },
  ]
  return [null, [], "user", {}, ...changes.map((change) => ({ ...user, ...change }))]
}

function userOf(at: number): User {
  return {
    id: `01890a5d-ac96-774b-bcce-b302099a80${String(at + 10)}`,
    name: `Ada Lovelace ${at}`,
    email: `ada${at}@example.org`,
    ...(at % 4 !== 0 && { age: 20 + at }),
    admin: at % 2 === 0,
    role: (["owner", "editor", "viewer"] as const)[at % 3]!,
    tags: ["mathematics", "poetry", `number ${at}`],
    address: { street: `Main Street ${at}`, zip: String(10_000 + at) },
  }
}
