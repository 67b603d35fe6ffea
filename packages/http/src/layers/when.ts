import type { BaseContext } from "../context/context.ts"
import {
  type AnyLayer,
  type ErrorsOf,
  type FieldsOf,
  type Layer,
  type LayerHooks,
  type NeedsCarrier,
  type NeedsOf,
  toLayer,
} from "../layer.ts"
import { Reply } from "../reply/reply.ts"
import { andThen, type MaybePromise } from "../step.ts"

/** What a layer that may not have run may have provided. */
export type Optional<P> = unknown extends P ? unknown : { readonly [K in keyof P]?: P[K] }

/**
 * Runs a layer for the requests that a condition holds for. Its fields are optional for what comes after, and a layer that
 * needs it is not content with this one. The condition is asked once for each request. Its constant `headers` are set with
 * the answer, and its `meta` is left out of the table, since it is true of some requests only.
 *
 * The same layer runs once for a request, whichever conditions hold, and not at all as a conditional one where it
 * stands unconditionally before.
 * @example
 * const maybeSignedIn = when((ctx) => ctx.headers.has("authorization"), signedIn)
 * app.scope("/", [maybeSignedIn], (open) => open.get("/", (ctx) => ctx.user?.name ?? "nobody"))
 */
export function when<const L extends AnyLayer>(
  condition: (ctx: BaseContext & NeedsOf<L>) => boolean | Promise<boolean>,
  layer: L,
): Layer<Optional<FieldsOf<L>>, ErrorsOf<readonly [L]>> & NeedsCarrier<NeedsOf<L>> {
  return conditional(toLayer(layer), remember(condition as Condition)) as never
}

type Condition = (ctx: BaseContext) => boolean | Promise<boolean>

/** A condition together with what it said of each request. */
interface Decision {
  ask(ctx: BaseContext): MaybePromise<boolean>
  /** What it said; false as long as it was not asked. */
  was(ctx: BaseContext): boolean
}

function remember(condition: Condition): Decision {
  const known = new WeakMap<BaseContext, boolean>()
  const keep = (ctx: BaseContext, yes: boolean): boolean => {
    known.set(ctx, yes)
    return yes
  }
  return {
    ask: (ctx) => known.get(ctx) ?? andThen(condition(ctx), (yes) => keep(ctx, yes)),
    was: (ctx) => known.get(ctx) === true,
  }
}

function conditional(inner: Layer<unknown, unknown>, asked: Decision): Layer {
  const { name, needs, errors, members, maxBodyBytes } = inner
  if (members !== undefined) return members.of(members.list.map((one) => conditional(one, asked))) as Layer
  const decision = once(inner, asked)
  return Object.freeze({
    name: `when(${name})`,
    needs,
    errors,
    meta: {},
    headers: {},
    ...(maxBodyBytes !== undefined && { maxBodyBytes }),
    hooks: { ...guarded(inner.hooks, decision), ...withConstants(inner, decision) },
    conditional: inner,
  })
}

/** Which layers run, conditionally, for a request. */
const claims = new WeakMap<BaseContext, Set<Layer<unknown, unknown>>>()

/** The same condition, for whoever asks first on behalf of a layer: the second one is told no. */
function once(inner: Layer<unknown, unknown>, asked: Decision): Decision {
  const mine = new WeakSet<BaseContext>()
  const claim = (ctx: BaseContext, yes: boolean): boolean => {
    if (!yes || mine.has(ctx)) return yes
    const claimed = claims.get(ctx) ?? new Set()
    if (claimed.has(inner)) return false
    claims.set(ctx, claimed.add(inner))
    mine.add(ctx)
    return true
  }
  return { ask: (ctx) => andThen(asked.ask(ctx), (yes) => claim(ctx, yes)), was: (ctx) => mine.has(ctx) }
}

function guarded(hooks: LayerHooks, { ask, was }: Decision): LayerHooks {
  const { before, within, around, after, error, preflight, finish } = hooks
  return {
    before: (ctx) => andThen(ask(ctx), (yes) => (yes ? before?.(ctx) : undefined)),
    ...(within && { within: (ctx, run) => (was(ctx) ? within(ctx, run) : run()) }),
    ...(around && { around: async (ctx, next) => ((await ask(ctx)) ? around(ctx, next) : next()) }),
    ...(after && { after: (ctx, reply) => (was(ctx) ? after(ctx, reply) : undefined) }),
    ...(error && { error: (ctx, thrown) => (was(ctx) ? error(ctx, thrown) : undefined) }),
    ...(preflight && {
      preflight: (ctx, route) => andThen(ask(ctx), (yes) => (yes ? preflight(ctx, route) : undefined)),
    }),
    ...(finish && { finish: (ctx, outcome) => (was(ctx) ? finish(ctx, outcome) : undefined) }),
  }
}

/** Constant headers are folded into routes, which knows no condition: here they are added to each answer. */
function withConstants({ headers, hooks }: Layer<unknown, unknown>, { was }: Decision): LayerHooks {
  const constants = Object.entries(headers)
    .filter(([, value]) => value !== "")
    .map(([name, value]) => [name.toLowerCase(), value] as const)
  if (constants.length === 0) return {}
  const { after, error } = hooks
  return {
    after(ctx, reply) {
      if (!was(ctx)) return undefined
      const { status, value, contentType } = reply
      const own = Object.fromEntries(
        Object.entries(reply.headers ?? {}).map(([name, one]) => [name.toLowerCase(), one]),
      )
      const full = new Reply(status, value, contentType, { ...Object.fromEntries(constants), ...own })
      return after === undefined ? full : andThen(after(ctx, full), (other) => other ?? full)
    },
    error(ctx, thrown) {
      if (!was(ctx)) return undefined
      for (const [name, value] of constants) ctx.set(name, value)
      return error?.(ctx, thrown)
    },
  }
}
