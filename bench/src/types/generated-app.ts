/** Applications as people write them, of any size: what the compiler's cost is measured on. */

/** The schemas that an application is written with. */
export type Schemas = "v" | "zod"

/** The sizes that modules have in turn. */
const MODULE_SIZES = [5, 10, 20, 50] as const
/** Routes of one resource: they share its schemas. */
const RESOURCE_ROUTES = 5

/**
 * The files of an application with so many routes: its modules, what serves them, and a client that calls every route and
 * reads what comes back. With no routes it has its imports and its layers only.
 */
export function generateApp(routes: number, schemas: Schemas = "v"): ReadonlyMap<string, string> {
  const modules = moduleSizes(routes)
  const files = new Map<string, string>([["layers.ts", LAYERS]])
  for (const [index, resources] of modules.entries()) {
    files.set(`module${index}.ts`, moduleSource(index, resources, schemas))
    files.set(`client${index}.ts`, clientSource(index, resources))
  }
  files.set("app.ts", appSource(modules.length, schemas))
  return files
}

/** A route of the application: the number of its resource, and which of the five it is. */
type At = readonly [resource: number, kind: number]

/** The routes of each module. */
function moduleSizes(routes: number): readonly (readonly At[])[] {
  const modules: At[][] = []
  for (let first = 0; first < routes; first += modules.at(-1)!.length) {
    const size = Math.min(routes - first, MODULE_SIZES[modules.length % MODULE_SIZES.length]!)
    modules.push(
      Array.from({ length: size }, (_, at) => [
        first + Math.floor(at / RESOURCE_ROUTES) * RESOURCE_ROUTES,
        at % RESOURCE_ROUTES,
      ]),
    )
  }
  return modules
}

const LAYERS = `import { errors, layer } from "@ashlar/http"

interface User { readonly id: string; readonly name: string }
export const timing = layer({ name: "timing", finish: () => undefined })
export const signedIn = layer({
  name: "signedIn",
  errors: [errors.Unauthorized],
  before: async (): Promise<{ user: User }> => ({ user: { id: "1", name: "Ada" } }),
})
export const owner = layer({ name: "owner", needs: [signedIn], before: (ctx) => ({ owns: ctx.user.id === "1" }) })
`

const IMPORTS: Readonly<Record<Schemas, string>> = {
  v: 'import { v } from "@ashlar/validation"',
  zod: 'import { z } from "zod"',
}

/** No two resources share a name, or the compiler would do the work of one and remember it for all. */
function moduleSource(index: number, routes: readonly At[], schemas: Schemas): string {
  return [
    'import { del, errors, get, patch, post, routes } from "@ashlar/http"',
    IMPORTS[schemas],
    'import { owner, signedIn } from "./layers.ts"',
    ...new Set(routes.map(([resource]) => SCHEMAS[schemas](resource))),
    `export const module${index} = routes({`,
    ...routes.map(([resource, kind]) => ROUTES[kind]!(resource)),
    "})",
  ].join("\n")
}

const SCHEMAS: Readonly<Record<Schemas, (r: number) => string>> = {
  v: (r) => `
const New${r} = v.object({
  title${r}: v.string().min(1).max(120),
  email: v.string().email(),
  age: v.integer().min(0).max(150).optional(),
  admin: v.boolean().default(false),
  address: v.object({ street${r}: v.string(), zip: v.string().optional() }),
})
const Page${r} = v.object({ page${r}: v.coerce.integer().default(1), q: v.string().optional() })
const Thing${r} = v.object({ id: v.string().uuid(), title${r}: v.string(), email: v.string(), tags: v.array(v.string()) })`,
  zod: (r) => `
const New${r} = z.object({
  title${r}: z.string().min(1).max(120),
  email: z.email(),
  age: z.int().min(0).max(150).optional(),
  admin: z.boolean().default(false),
  address: z.object({ street${r}: z.string(), zip: z.string().optional() }),
})
const Page${r} = z.object({ page${r}: z.int().default(1), q: z.string().optional() })
const Thing${r} = z.object({ id: z.uuid(), title${r}: z.string(), email: z.string(), tags: z.array(z.string()) })`,
}

const thing = (r: number): string => `{ id: "1", title${r}: "a", email: "b", tags: [] }`

const ROUTES: readonly ((r: number) => string)[] = [
  (r) =>
    `  show${r}: get("/things${r}/:id", { response: Thing${r}, errors: [errors.NotFound] }, (ctx) => ({ ...${thing(r)}, id: ctx.params.id })),`,
  (r) =>
    `  list${r}: get("/things${r}", { query: Page${r}, response: Thing${r}, errors: [errors.TooManyRequests] }, (ctx) => ({ ...${thing(r)}, title${r}: ctx.query.q ?? String(ctx.query.page${r}) })),`,
  (r) =>
    `  create${r}: post("/things${r}", { body: New${r}, response: { 201: Thing${r} }, layers: [signedIn] }, (ctx) => ctx.json({ ...${thing(r)}, title${r}: ctx.body.title${r}, email: ctx.user.name }, 201)),`,
  (r) =>
    `  change${r}: patch("/things${r}/:id", { body: New${r}, response: Thing${r}, layers: [signedIn, owner] }, async (ctx) => ({ ...${thing(r)}, id: ctx.owns ? ctx.params.id : "2", title${r}: ctx.body.title${r} })),`,
  (r) => `  remove${r}: del("/things${r}/:id/parts/:part${r}", (ctx) => ctx.params.part${r} + ctx.params.id),`,
]

/** Calls every route and reads what comes back, as an app that uses the client does. */
function clientSource(index: number, routes: readonly At[]): string {
  return [
    'import { createClient } from "@ashlar/client"',
    `import type { module${index} } from "./module${index}.ts"`,
    `const api = createClient<typeof module${index}>("https://api.example.com")`,
    ...routes.map(([resource, kind]) => `export const ${CALLS[kind]!(resource)}`),
  ].join("\n")
}

const body = (r: number): string => `{ title${r}: "a", email: "b", address: { street${r}: "c" } }`

const CALLS: readonly ((r: number) => string)[] = [
  (r) => `show${r} = async (): Promise<string> => (await api.show${r}({ params: { id: "1" } })).title${r}`,
  (r) => `list${r} = async (): Promise<string[]> => (await api.list${r}({ query: { q: "a" } })).tags`,
  (r) => `create${r} = async (): Promise<string> => (await api.create${r}({ body: ${body(r)} })).title${r}`,
  (r) =>
    `change${r} = async (): Promise<string> => (await api.change${r}({ params: { id: "1" }, body: ${body(r)} })).id`,
  (r) => `remove${r} = async (): Promise<string> => await api.remove${r}({ params: { id: "1", part${r}: "2" } })`,
]

function appSource(modules: number, schemas: Schemas): string {
  const all = Array.from({ length: modules }, (_, index) => index)
  return [
    'import { createApp, del, errors, get, patch, post, routes } from "@ashlar/http"',
    'import { createClient } from "@ashlar/client"',
    IMPORTS[schemas],
    'import { signedIn, timing } from "./layers.ts"',
    ...all.map((index) => `import { module${index} } from "./module${index}.ts"`),
    `export const kept = [createClient, del, errors, get, patch, post, routes, ${schemas === "v" ? "v" : "z"}]`,
    "const app = createApp({ layers: [timing] })",
    ...all.map((index) => `app.scope("/m${index}", [signedIn], (scope) => scope.add(module${index}))`),
    "export default app",
  ].join("\n")
}
