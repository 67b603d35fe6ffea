import type { Context } from "../context/context.ts"
import type { AnyLayer, Check, ErrorsOf, ProvidedBy } from "../layer.ts"
import {
  declare,
  type InvalidInput,
  type OwnErrors,
  type ResultOf,
  type Returned,
  type Route,
  type RouteDefinition,
} from "../route.ts"
import type { AnySchema, In, Out } from "../schema.ts"

/** What a procedure says about itself. It is a route in all but its address, which is its name. */
export interface ProcedureDefinition
  extends Pick<
    RouteDefinition,
    "errors" | "layers" | "summary" | "description" | "tags" | "deprecated" | "maxBodyBytes" | "timeoutMs" | "meta"
  > {
  /** What it is called with. Default: nothing. */
  readonly input?: AnySchema
  /** What it gives back. Keys that it does not have are left out. */
  readonly output?: AnySchema
  /**
   * It changes nothing, and is called by `GET` with its input in the query: caches may keep the answer, and the client may try
   * again. The input's values come as text then. Default: `POST`, with the input as JSON.
   */
  readonly query?: true
}

/** What a procedure's handler is called with. */
export type InputValue<D> = D extends { input: AnySchema } ? Out<D["input"]> : undefined
/** The definition of the route that a procedure is. */
export type Answer<D> = D extends { output: AnySchema } ? { readonly response: D["output"] } : unknown
/** What a client sends. */
export type CallInput<D> = D extends { input: AnySchema }
  ? D extends { query: true }
    ? { query: In<D["input"]> }
    : { body: In<D["input"]> }
  : Record<never, never>

/** A procedure, to be a member of a record that {@link rpc} gives addresses to. */
export type Procedure<I, O, E> = Route<"GET" | "POST", string, I, O, E>

/** Before it has an address: no path begins so, and a table with one is refused. */
export const UNPLACED = "rpc:unplaced"

const procedures = new WeakSet<object>()

/** Whether a member of a record is a procedure, and not another route. */
export function isProcedure(value: object): boolean {
  return procedures.has(value)
}

/**
 * Makes a procedure: a function that is called by name over HTTP, with its input and output checked, and with the layers,
 * errors, document and client of any route.
 * @param handler gets the input, and the context with what the layers provide.
 * @example
 * const create = procedure({ input: NewUser, output: User, errors: [errors.Conflict], layers: [signedIn] },
 *   (input, ctx) => users.create(input, ctx.user))
 */
export function procedure<
  const D extends ProcedureDefinition,
  R extends Returned<R, Answer<D>>,
  const L extends readonly AnyLayer[] = readonly [],
>(
  definition: D & { readonly layers?: L & Check<L, unknown> },
  handler: (input: InputValue<D>, ctx: Context & ProvidedBy<L>) => R,
): Procedure<CallInput<D>, ResultOf<Answer<D>, R>, OwnErrors<D> | InputErrors<D> | ErrorsOf<L>> {
  const { input, output, query, ...rest } = definition as ProcedureDefinition
  const call = handler as (input: unknown, ctx: Context) => unknown
  const route: RouteDefinition = {
    ...rest,
    ...(input !== undefined && (query === true ? { query: input } : { body: input })),
    ...(output !== undefined && { response: output }),
  }
  const run = input === undefined ? withoutInput(call) : query === true ? withQuery(call) : withBody(call)
  const made = (declare(query === true ? "GET" : "POST") as Declaring)(UNPLACED, route, run)
  procedures.add(made)
  return made as never
}

type InputErrors<D> = D extends { input: AnySchema } ? InvalidInput : never
type Declaring = (path: string, definition: RouteDefinition, handler: (ctx: Context) => unknown) => object
type Call = (input: unknown, ctx: Context) => unknown

function withoutInput(call: Call): (ctx: Context) => unknown {
  return (ctx) => call(undefined, ctx)
}
function withQuery(call: Call): (ctx: Context) => unknown {
  return (ctx) => call(ctx.query, ctx)
}
function withBody(call: Call): (ctx: Context) => unknown {
  return (ctx) => call(ctx.body, ctx)
}
