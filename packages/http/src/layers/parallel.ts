import type { BaseContext } from "../context/context.ts"
import { LayerConflict } from "../errors.ts"
import {
  type AnyLayer,
  type ErrorsOf,
  type FieldConflict,
  type FieldsOf,
  type Layer,
  type NeedsCarrier,
  type NeedsOf,
  type ProvidedBy,
  toLayer,
} from "../layer.ts"
import { isAnswer } from "../reply/reply.ts"

/** Layers of one group may not provide the same field: the type error names it. */
export type Independent<L extends readonly unknown[], H = unknown> = L extends readonly [infer A, ...infer T]
  ? readonly [
      keyof FieldsOf<A> & keyof H extends never ? A : FieldConflict<keyof FieldsOf<A> & keyof H>,
      ...Independent<T, H & FieldsOf<A>>,
    ]
  : readonly []

/** What a group needs before it is what any of its layers needs: none may need another of the same group. */
type NeededBy<L extends readonly unknown[]> = L extends readonly [infer A, ...infer T]
  ? NeedsOf<A> & NeededBy<T>
  : unknown

/**
 * Runs the `before` hooks of independent layers at the same time, and provides what they provide together. The other hooks
 * run as if the layers stood one after the other, in the order of the list.
 *
 * Which layer decides does not depend on which is faster: an answer or an error of an earlier one goes before one of a
 * later one. It is sent as soon as it is certain; what the others do by then goes on, and comes to nothing.
 * @throws {HTTP_LAYER_CONFLICT} for a request in which two of them provide one field.
 * @throws {HTTP_LAYER_UNMET} at boot, when one of them needs another.
 * @example
 * app.scope("/shop", [parallel(signedIn, tenant)], (shop) => shop.get("/", (ctx) => [ctx.user, ctx.tenant]))
 */
export function parallel<const L extends readonly AnyLayer[]>(
  ...layers: L & Independent<L>
): Layer<ProvidedBy<L>, ErrorsOf<L>> & NeedsCarrier<NeededBy<L>> {
  return group((layers as readonly AnyLayer[]).map(toLayer)) as never
}

function group(members: readonly Layer<unknown, unknown>[]): Layer {
  const hooks = members.flatMap((one) => one.hooks.before ?? [])
  return Object.freeze({
    name: `parallel(${members.map((one) => one.name).join(", ")})`,
    needs: [],
    errors: [],
    meta: {},
    headers: {},
    hooks: { before: (ctx: BaseContext) => runAll(hooks, ctx) },
    members: { list: members, of: group },
  })
}

type Before = (ctx: BaseContext) => unknown

function runAll(hooks: readonly Before[], ctx: BaseContext): unknown {
  const given = hooks.map((hook) => start(hook, ctx))
  if (given.some((one) => one instanceof Promise)) return inOrder(given)
  return given.find(decides) ?? merged(given)
}

function start(hook: Before, ctx: BaseContext): unknown {
  let given: unknown
  try {
    given = hook(ctx)
  } catch (error) {
    given = Promise.reject(error)
  }
  // One that fails after another has decided is nobody's any more.
  if (given instanceof Promise) given.catch(() => undefined)
  return given
}

async function inOrder(given: readonly unknown[]): Promise<unknown> {
  const settled: unknown[] = []
  for (const one of given) {
    const value = await one
    if (decides(value)) return value
    settled.push(value)
  }
  return merged(settled)
}

/** Whether a hook gave an answer, and neither fields nor nothing. */
function decides(given: unknown): boolean {
  return given !== undefined && given !== null && isAnswer(given)
}

function merged(given: readonly unknown[]): Record<string, unknown> {
  const fields: Record<string, unknown> = {}
  for (const one of given) {
    for (const [name, value] of Object.entries((one ?? {}) as object)) {
      if (Object.hasOwn(fields, name)) throw new LayerConflict(`Two layers of one group provide "${name}"`)
      fields[name] = value
    }
  }
  return fields
}
