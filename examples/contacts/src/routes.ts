import { type BaseContext, errors, get, layer, post, routes } from "@ashlar/http"
import { listQuery } from "@ashlar/http/query"
import { procedure, rpc } from "@ashlar/http/rpc"
import { serialize } from "@ashlar/http/serialization"
import { v } from "@ashlar/validation"
import type { AddressBook } from "./address-book.ts"
import { Contact, NewContact } from "./contact.ts"

const KEEPER = "Bearer keeper"

/** Tells keepers from visitors. In earnest it would look a session up. */
const roles = layer({
  name: "roles",
  before: (ctx) => ({ roles: ctx.headers.get("authorization") === KEEPER ? ["keeper"] : [] }),
})
/** Lets keepers pass, and nobody else. */
const keepers = layer({
  name: "keepers",
  errors: [errors.Unauthorized],
  security: { keeper: { type: "http", scheme: "bearer" } },
  before: (ctx) => {
    if (ctx.headers.get("authorization") !== KEEPER) throw new errors.Unauthorized("Only keepers may do this")
  },
})

const groups = { keeper: ["phone", "note"] } as const
const groupsOf = (ctx: BaseContext & { readonly roles: readonly string[] }): readonly string[] => ctx.roles
/** A contact, as visitors see it; keepers see all of it. */
const Shown = serialize(Contact, { groups, groupsOf })
const ShownList = serialize(v.array(Contact), { groups, groupsOf })

const Contacts = listQuery({
  filter: { name: { operators: ["eq", "contains"] }, city: { operators: ["eq", "in"] } },
  sort: ["id", "name", "city"],
  defaultSort: "id",
  paginate: { by: "offset", limit: 20, maxLimit: 100 },
})

const MAX_IMPORT = 500

/** The routes of an address book: what its server serves, and what its client calls. */
export function contactRoutes(book: AddressBook) {
  return routes({
    contacts: {
      list: get(
        "/contacts",
        { summary: "Contacts, a page of them", layers: [roles], query: Contacts, response: ShownList },
        (ctx) => {
          const { filter, sort, page } = ctx.query
          const found = book.find(filter, sort)
          return Contacts.reply(ctx, found.slice(page.offset, page.offset + page.limit), { total: found.length })
        },
      ),
      show: get(
        "/contacts/:id",
        {
          summary: "One contact",
          layers: [roles],
          params: v.object({ id: v.coerce.integer().min(1) }),
          response: Shown,
          errors: [errors.NotFound],
        },
        (ctx) => {
          const contact = book.get(ctx.params.id)
          if (contact === undefined) throw new errors.NotFound("No such contact")
          return contact
        },
      ),
      add: post(
        "/contacts",
        {
          summary: "Add a contact",
          layers: [keepers],
          body: NewContact,
          response: { 201: Contact },
          errors: [errors.Conflict, errors.Unavailable],
        },
        (ctx) => {
          if (!book.hasRoom(1)) throw new errors.Unavailable("The address book is full")
          if (book.has(ctx.body.email)) throw new errors.Conflict("A contact has this address already")
          return ctx.json(book.add(ctx.body), 201)
        },
      ),
    },
    ...rpc({
      book: {
        import: procedure(
          {
            summary: "Add many contacts; those whose address is known are passed over",
            layers: [keepers],
            input: v.array(NewContact).max(MAX_IMPORT),
            output: v.object({ added: v.integer(), known: v.integer() }),
            errors: [errors.Unavailable],
          },
          (contacts) => {
            if (!book.hasRoom(contacts.length)) throw new errors.Unavailable("The address book is full")
            let added = 0
            for (const contact of contacts) {
              if (book.has(contact.email)) continue
              book.add(contact)
              added++
            }
            return { added, known: contacts.length - added }
          },
        ),
        cities: procedure(
          { summary: "The cities there are contacts in", query: true, output: v.array(v.string()) },
          () => [...new Set(book.find([], []).map(({ city }) => city))].sort(),
        ),
      },
    }),
  })
}
