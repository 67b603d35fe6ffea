import { v } from "@ashlar/validation"

/** What callers write of a contact. */
export const NewContact = v.object({
  name: v.string().min(1).max(100),
  email: v.string().email().max(200),
  city: v.string().min(1).max(100),
  phone: v.string().max(30).nullable().default(null),
  note: v.string().max(1000).default(""),
})

/** A contact, all of it. Not everybody is answered with the whole. */
export const Contact = v
  .object({
    id: v.integer().min(1),
    name: v.string(),
    email: v.string(),
    city: v.string(),
    phone: v.string().nullable(),
    note: v.string(),
  })
  .describe("A person, and how to reach them")

export type NewContact = (typeof NewContact)["~o"]
export type Contact = (typeof Contact)["~o"]
