import type { Order } from "@ashlar/http/query"
import type { Contact, NewContact } from "./contact.ts"

/** One comparison, as the query of a list says it. */
export interface Wanted {
  readonly field: "name" | "city"
  readonly operator: "eq" | "contains" | "in"
  readonly value: string | readonly string[]
}

/** Contacts that are kept. */
const MAX_CONTACTS = 10_000

/** Contacts in memory. What a query asks for is applied here, as a database would. */
export class AddressBook {
  readonly #contacts = new Map<number, Contact>()
  #last = 0

  /** Whether so many more have room. */
  hasRoom(count: number): boolean {
    return this.#contacts.size + count <= MAX_CONTACTS
  }

  has(email: string): boolean {
    return [...this.#contacts.values()].some((contact) => contact.email === email)
  }

  add(contact: NewContact): Contact {
    const added = { id: ++this.#last, ...contact }
    this.#contacts.set(added.id, added)
    return added
  }

  get(id: number): Contact | undefined {
    return this.#contacts.get(id)
  }

  find(wanted: readonly Wanted[], sort: readonly Order<"id" | "name" | "city">[]): readonly Contact[] {
    const found = [...this.#contacts.values()].filter((contact) => wanted.every((one) => holds(one, contact)))
    return found.sort((a, b) => sort.reduce((order, by) => order || compare(a, b, by), 0))
  }
}

function holds({ field, operator, value }: Wanted, contact: Contact): boolean {
  const text = contact[field]
  if (operator === "in") return value.includes(text)
  return operator === "eq" ? text === value : text.toLowerCase().includes(String(value).toLowerCase())
}

function compare(a: Contact, b: Contact, { field, direction }: Order<"id" | "name" | "city">): number {
  const order = a[field] < b[field] ? -1 : a[field] > b[field] ? 1 : 0
  return direction === "asc" ? order : -order
}
