import { blueprint, SchemaBuilder } from "./builder.ts"
import { SchemaInvalid } from "./errors.ts"
import { enumNode } from "./literal.ts"
import { createNode, type Literal, type Node, nodeOf, reportAbsent } from "./node.ts"
import type { Shape } from "./object-schema.ts"
import { isObject } from "./own-fields.ts"
import type { AnySchema, Schema } from "./schema.ts"
import { kindOf, term, verbatim } from "./term.ts"
import { keysOf } from "./union.ts"

const AN_OBJECT = term("object")

/** A member: an object with a literal or an enum at the key. */
export type Member<K extends string> = AnySchema & { readonly shape: Shape & { readonly [P in K]: AnySchema } }

export function discriminatedUnion<K extends string, const S extends readonly Member<K>[]>(
  key: K,
  members: S,
): Schema<S[number]["~o"], S[number]["~i"]> {
  if (members.length === 0)
    throw new SchemaInvalid("Expected discriminatedUnion() to be given at least one schema, got none.")
  const byTag = new Map<unknown, Node>()
  for (const member of members) for (const tag of tagsOf(key, member)) addTag(byTag, tag, member)
  return new SchemaBuilder<S[number]["~o"], S[number]["~i"]>(blueprint(taggedNode(key, byTag, members.map(nodeOf))))
}

function tagsOf(key: string, member: AnySchema & { readonly shape: Shape }): readonly Literal[] {
  const schema = Object.hasOwn(member.shape, key) ? member.shape[key] : undefined
  const values = schema && nodeOf(schema).values
  if (values !== undefined) return values
  throw new SchemaInvalid(
    `Expected each member of discriminatedUnion() to have a literal or an enum at ${JSON.stringify(key)}, got one that has none.`,
  )
}

function addTag(byTag: Map<unknown, Node>, tag: Literal, member: AnySchema): void {
  if (byTag.has(tag))
    throw new SchemaInvalid(
      `Expected each tag in one member of discriminatedUnion(), got ${JSON.stringify(tag)} in two.`,
    )
  byTag.set(tag, nodeOf(member))
}

function taggedNode(key: string, byTag: ReadonlyMap<unknown, Node>, members: readonly Node[]): Node {
  const tag = tagNode([...byTag.keys()] as Literal[])
  return createNode({
    expected: AN_OBJECT,
    keys: keysOf(members),
    check(value, run) {
      if (!isObject(value)) return run.expect("type", AN_OBJECT, kindOf(value))
      const isThere = Object.hasOwn(value, key)
      const member = isThere ? byTag.get(value[key]) : undefined
      if (member !== undefined) return member.check(value, run)
      const before = run.count
      if (isThere) tag.check(value[key], run)
      else reportAbsent(tag, run)
      run.locate(before, key)
    },
    // Asked by the tag, which an object of a foreign prototype may have inherited: the member's own check sees to that.
    fits: members.some(({ fits }) => fits === undefined)
      ? undefined
      : (value) => isObject(value) && byTag.get(value[key])?.fits?.(value) === true,
    isPure: members.every((member) => member.isPure),
    toJson: (context) => ({
      type: "object",
      oneOf: members.map((member) => member.toJson(context)),
      discriminator: { propertyName: key },
    }),
  })
}

/** Text and numbers are an enum, to which a mistyped tag is near; true, false and null are not. */
function tagNode(tags: readonly Literal[]): Node {
  const names = tags.filter((tag) => typeof tag === "string" || typeof tag === "number")
  if (names.length === tags.length) return enumNode(names)
  const expected = term("oneOf", { list: verbatim(tags.map((tag) => JSON.stringify(tag)).join(", ")) })
  return createNode({
    expected,
    check: (value, run) => run.expect("value", expected, kindOf(value)),
    toJson: () => ({}),
  })
}
