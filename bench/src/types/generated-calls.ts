/** Applications of procedures, and of routes that say the same: what the one costs the compiler more than the other. */

const HEAD = [
  'import { errors, layer, post, routes } from "@ashlar/http"',
  'import { procedure, rpc } from "@ashlar/http/rpc"',
  'import { v } from "@ashlar/validation"',
  'import { createClient } from "@ashlar/client"',
  'const signedIn = layer({ name: "signedIn", errors: [errors.Unauthorized], before: () => ({ user: { id: "1" } }) })',
  "void [post, routes, procedure, rpc, createClient, v, signedIn]",
]

/** A program of so many calls, declared and made by a client. */
export function generateCalls(count: number, as: "routes" | "procedures"): ReadonlyMap<string, string> {
  const numbers = Array.from({ length: count }, (_, at) => at)
  const record = as === "routes" ? "routes" : "rpc"
  const source = [
    ...HEAD,
    ...numbers.map(schemas),
    `export const api = ${record}({`,
    ...numbers.map(as === "routes" ? route : call),
    "})",
    'const client = createClient<typeof api>("http://localhost")',
    ...numbers.map(
      (n) => `export const got${n}: string = (await client.call${n}({ body: { title${n}: "x" } })).id${n}`,
    ),
  ]
  return new Map([["calls.ts", source.join("\n")]])
}

function schemas(n: number): string {
  return `const In${n} = v.object({ title${n}: v.string().min(1) })
const Out${n} = v.object({ id${n}: v.string(), title: v.string() })`
}

function route(n: number): string {
  return `  call${n}: post("/call${n}", { body: In${n}, response: Out${n}, errors: [errors.Conflict], layers: [signedIn] },
    (ctx) => ({ id${n}: ctx.user.id, title: ctx.body.title${n} })),`
}

function call(n: number): string {
  return `  call${n}: procedure({ input: In${n}, output: Out${n}, errors: [errors.Conflict], layers: [signedIn] },
    (input, ctx) => ({ id${n}: ctx.user.id, title: input.title${n} })),`
}
