/** Applications as people write them, of any size: what the compiler's cost is measured on. */

/** The sizes that modules have in turn. */
const MODULE_SIZES = [5, 10, 20, 50] as const
/** Routes of one resource: they share its two schemas. */
const RESOURCE_ROUTES = 5

/** The files of an application with so many routes; with none it has its imports and its layers only. */
export function generateApp(routes: number): ReadonlyMap<string, string> {
  const sizes = moduleSizes(routes)
  const files = new Map<string, string>([["layers.ts", LAYERS]])
  let first = 0
  for (const [index, size] of sizes.entries()) {
    files.set(`module${index}.ts`, moduleSource(index, first, size))
    first += size
  }
  files.set("app.ts", appSource(sizes.length))
  return files
}

function moduleSizes(routes: number): readonly number[] {
  const sizes: number[] = []
  for (let left = routes; left > 0; left -= sizes.at(-1)!)
    sizes.push(Math.min(left, MODULE_SIZES[sizes.length % MODULE_SIZES.length]!))
  return sizes
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

/** No two resources share a name, or the compiler would do the work of one and remember it for all. */
function moduleSource(index: number, first: number, size: number): string {
  const resources = Array.from({ length: Math.ceil(size / RESOURCE_ROUTES) }, (_, at) => first + at * RESOURCE_ROUTES)
  const routes = Array.from({ length: size }, (_, at) => {
    const resource = resources[Math.floor(at / RESOURCE_ROUTES)]!
    return routeSource(resource, at % RESOURCE_ROUTES)
  })
  return [
    'import { del, errors, get, patch, post, type Route, routes } from "@ashlar/http"',
    'import { v } from "@ashlar/validation"',
    'import { owner, signedIn } from "./layers.ts"',
    ...resources.map(schemaSource),
    `export const module${index} = routes({`,
    ...routes,
    "})",
    ...routesUsed(index, first, size),
  ].join("\n")
}

function schemaSource(r: number): string {
  return `
const New${r} = v.object({
  title${r}: v.string().min(1).max(120),
  email: v.string().email(),
  age: v.integer().min(0).max(150).optional(),
  admin: v.boolean().default(false),
  tags: v.array(v.string()).max(10),
  address: v.object({ street${r}: v.string(), zip: v.string().optional() }),
})
const Thing${r} = v.object({ id: v.string().uuid(), title${r}: v.string(), email: v.string(), tags: v.array(v.string()) })`
}

function routeSource(r: number, kind: number): string {
  const thing = `{ id: "1", title${r}: "a", email: "b", tags: [] }`
  switch (kind) {
    case 0:
      return `  show${r}: get("/things${r}/:id", { response: Thing${r}, errors: [errors.NotFound] }, (ctx) => ({ ...${thing}, id: ctx.params.id })),`
    case 1:
      return `  list${r}: get("/things${r}", { query: v.object({ page${r}: v.coerce.integer().default(1), q: v.string().optional() }), response: v.array(Thing${r}) }, (ctx) => [{ ...${thing}, title${r}: ctx.query.q ?? String(ctx.query.page${r}) }]),`
    case 2:
      return `  create${r}: post("/things${r}", { body: New${r}, response: { 201: Thing${r} }, errors: [errors.Conflict], layers: [signedIn] }, (ctx) => ctx.json({ ...${thing}, title${r}: ctx.body.title${r}, email: ctx.user.name }, 201)),`
    case 3:
      return `  change${r}: patch("/things${r}/:id/parts/:part${r}", { body: v.object({ street${r}: v.string() }), layers: [signedIn, owner] }, async (ctx) => ({ id: ctx.params.id, part: ctx.params.part${r}, street: ctx.body.street${r}, owns: ctx.owns })),`
    default:
      return `  remove${r}: del("/things${r}/:id", { response: { 204: null } }, (ctx) => ctx.empty()),`
  }
}

const KINDS = ["show", "list", "create", "change", "remove"] as const

/** Reads every route's input, output and errors, as a typed client does. */
function routesUsed(index: number, first: number, size: number): readonly string[] {
  const names = Array.from({ length: size }, (_, at) => {
    const resource = first + Math.floor(at / RESOURCE_ROUTES) * RESOURCE_ROUTES
    return `${KINDS[at % RESOURCE_ROUTES]}${resource}`
  })
  return [
    "type Io<R> = R extends Route<string, string, infer I, infer O, infer E> ? { input: I; output: O; error: E } : never",
    ...names.map(
      (name) =>
        `export const call_${name} = (io: Io<(typeof module${index})["${name}"]>): unknown => [io.input, io.output, io.error]`,
    ),
  ]
}

function appSource(modules: number): string {
  const all = Array.from({ length: modules }, (_, index) => index)
  return [
    'import { createApp, del, errors, get, patch, post, routes } from "@ashlar/http"',
    'import { v } from "@ashlar/validation"',
    'import { signedIn, timing } from "./layers.ts"',
    ...all.map((index) => `import { module${index} } from "./module${index}.ts"`),
    "export const kept = [del, errors, get, patch, post, routes, v]",
    "const app = createApp({ layers: [timing] })",
    ...all.map((index) => `app.scope("/m${index}", [signedIn], (scope) => scope.add(module${index}))`),
    "export default app",
    `export interface Api { ${all.map((index) => `module${index}: typeof module${index}`).join("; ")} }`,
  ].join("\n")
}
