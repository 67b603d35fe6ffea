import { type Schema, v } from "@ashlar/validation"

/** What somebody in a room shows of itself. */
export interface Person {
  name: string
}
export const Person: Schema<Person> = v.object({ name: v.string().min(1).max(30) })

/** What somebody says. */
export interface Said {
  text: string
}
export const Said: Schema<Said> = v.object({ text: v.string().min(1).max(1000) })

/** Somebody who is in a room. */
export interface PersonHere extends Person {
  id: string
}
const PersonHere: Schema<PersonHere> = v.object({ id: v.string(), name: v.string() })

/** What everybody in a room hears. */
export type Heard =
  | { type: "here"; people: PersonHere[] }
  | { type: "came" | "went"; person: PersonHere }
  | { type: "message"; from: string; text: string; at: number }
export const Heard: Schema<Heard> = v.union([
  v.object({ type: v.literal("here"), people: v.array(PersonHere) }),
  v.object({ type: v.enum(["came", "went"]), person: PersonHere }),
  v.object({ type: v.literal("message"), from: v.string(), text: v.string(), at: v.integer() }),
])
