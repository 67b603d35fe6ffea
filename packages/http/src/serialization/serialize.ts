import type {
  StandardJsonSchemaProps,
  StandardOptions,
  StandardPathSegment,
  StandardResult,
  StandardSchemaProps,
} from "@ashlar/core"
import type { BaseContext } from "../context/context.ts"
import { SerializationInvalid } from "../errors.ts"
import { type Trim, trimOf } from "../output/trim.ts"
import type { View } from "../output/view.ts"
import { type JsonSchema, outlineOf } from "../routes/json-schema.ts"
import { resolve } from "../routes/schema-root.ts"
import type { AnySchema, In, Out } from "../schema.ts"
import { andThen } from "../step.ts"
import type { MemberOf, Only, Perhaps, Without } from "./paths.ts"
import { hasMember, project } from "./project.ts"
import { Selection } from "./selection.ts"

/** What is answered of a value, by the paths of its members: `"password"`, `"author.email"`. Lists are passed through. */
export interface SerializeOptions<O extends string, H extends string, G extends string> {
  /** These and no others. Default: all. */
  readonly only?: readonly O[]
  /** Never these. */
  readonly hidden?: readonly H[]
  /** These only for callers of the group; what no group has is for everybody. At most 16 groups. */
  readonly groups?: Readonly<Record<string, readonly G[]>>
  /**
   * The groups of a caller; one that is not among `groups` says nothing. What it reads of the context, layers of the route must
   * provide. Without it, nobody is in any group.
   */
  readonly groupsOf?: (ctx: never) => readonly string[]
}

/** A response schema of which not all is answered, or not to everybody. A handler may return all of it. */
export interface Serialized<I, O> {
  readonly "~standard": StandardSchemaProps<I, O> & StandardJsonSchemaProps<I, O>
  readonly "~view": View
}

/** Sets of groups whose trims are kept. */
const MAX_KEPT = 256
const MAX_GROUPS = 16

/**
 * A response schema that answers a part of what its schema has: what is hidden is neither in the answer, nor in the document,
 * nor in the client's types, though the handler returns it.
 *
 * @throws {HTTP_SERIALIZATION_INVALID} when the schema has no such member: a typing error must not show a password. Also when
 *   its library cannot describe it as JSON Schema.
 * @example
 * const Shown = serialize(User, { hidden: ["password"], groups: { admin: ["email"] },
 *   groupsOf: (ctx: { user: { roles: string[] } }) => ctx.user.roles })
 * admin.get("/users/:id", { response: Shown }, (ctx) => users.get(ctx.params.id))
 */
export function serialize<
  S extends AnySchema,
  const O extends MemberOf<Out<S>> = never,
  const H extends MemberOf<Out<S>> = never,
  const G extends MemberOf<Out<S>> = never,
>(
  schema: S,
  options: SerializeOptions<O, H, G>,
): Serialized<Perhaps<In<S>, H>, Perhaps<Without<Only<Out<S>, O>, H>, G>> {
  return new PartialView(schema, options as SerializeOptions<string, string, string>) as never
}

/** {@link serialize} without these members. @example response: hidden(User, "password", "sessions.token") */
export function hidden<S extends AnySchema, const H extends MemberOf<Out<S>>>(
  schema: S,
  ...paths: readonly H[]
): Serialized<Perhaps<In<S>, H>, Without<Out<S>, H>> {
  return serialize(schema, { hidden: paths } as never) as never
}

/** {@link serialize} with these members and no others. @example response: only(User, "id", "name", "team.name") */
export function only<S extends AnySchema, const O extends MemberOf<Out<S>>>(
  schema: S,
  ...paths: readonly O[]
): Serialized<In<S>, Only<Out<S>, O>> {
  return serialize(schema, { only: paths } as never) as never
}

class PartialView implements Serialized<unknown, unknown> {
  readonly "~standard": Serialized<unknown, unknown>["~standard"]
  readonly "~view": View
  readonly #schema: AnySchema
  readonly #outline: JsonSchema
  readonly #options: SerializeOptions<string, string, string>
  readonly #groups: ReadonlyMap<string, readonly string[]>
  readonly #trims = new Map<string, Trim | undefined>()

  constructor(schema: AnySchema, options: SerializeOptions<string, string, string>) {
    this.#schema = schema
    this.#options = options
    this.#groups = new Map(Object.entries(options.groups ?? {}))
    this.#outline = outlineFor(schema, [
      ...(options.only ?? []),
      ...(options.hidden ?? []),
      ...[...this.#groups.values()].flat(),
    ])
    if (this.#groups.size > MAX_GROUPS)
      throw new SerializationInvalid(`Expected at most ${MAX_GROUPS} groups, got ${this.#groups.size}`)
    const { vendor } = schema["~standard"]
    // Whoever has the most sees all of this; that some are not answered with it makes it no promise.
    const inGroups = new Selection([...this.#groups.values()].flat(), [])
    const described = project(this.#outline, {
      selection: this.#selectionOf([...this.#groups.keys()]),
      isOptional: (path) => this.#groups.size > 0 && inGroups.shows(path) && !inGroups.looksInto(path),
    })
    this["~standard"] = {
      version: 1,
      vendor,
      validate: (value, given) => this.#validate(value, given),
      jsonSchema: {
        input: () => this.#outline as Record<string, unknown>,
        output: () => described as Record<string, unknown>,
      },
    }
    this["~view"] = { trim: trimOf(schema), trimFor: (ctx) => this.#trimFor(ctx) }
  }

  #selectionOf(held: readonly string[]): Selection {
    const shown = new Set(held.flatMap((group) => this.#groups.get(group) ?? []))
    const withheld = [...this.#groups.values()].flat().filter((path) => !shown.has(path))
    return new Selection(this.#options.only, [...(this.#options.hidden ?? []), ...withheld])
  }

  #trimFor(ctx: BaseContext): Trim | undefined {
    const { groupsOf } = this.#options as { groupsOf?: (ctx: BaseContext) => readonly string[] }
    const held = this.#groups.size === 0 ? [] : (groupsOf?.(ctx) ?? [])
    const known = [...this.#groups.keys()].filter((group) => held.includes(group))
    const key = known.join("\n")
    if (!this.#trims.has(key)) {
      if (this.#trims.size >= MAX_KEPT) this.#trims.clear()
      this.#trims.set(key, this.#makeTrim(known))
    }
    return this.#trims.get(key)
  }

  #makeTrim(held: readonly string[]): Trim | undefined {
    const shown = project(this.#outline, { selection: this.#selectionOf(held), refusesHidden: true })
    const { vendor } = this.#schema["~standard"]
    return trimOf({
      "~standard": { version: 1, vendor, validate: unused, jsonSchema: { output: () => shown } },
    } as AnySchema)
  }

  /** All must fit that somebody could be answered with; what is hidden need not even be there. */
  #validate(value: unknown, options: StandardOptions | undefined) {
    const selection = this.#selectionOf([...this.#groups.keys()])
    return andThen(this.#schema["~standard"].validate(value, options), (result): StandardResult<unknown> => {
      const issues = result.issues?.filter(({ path = [] }) => selection.showsAt(Array.from(path, keyOf)))
      return issues === undefined || issues.length === 0 ? { value } : { issues }
    })
  }
}

function unused(value: unknown): StandardResult<unknown> {
  return { value }
}

/**
 * What a schema says of its members, by which parts of it are named.
 * @throws {HTTP_SERIALIZATION_INVALID}
 */
export function outlineFor(schema: AnySchema, paths: readonly string[]): JsonSchema {
  const outline = outlineOf(schema)
  const { vendor } = schema["~standard"]
  if (outline === undefined)
    throw new SerializationInvalid(
      `The library "${vendor}" gives no JSON Schema of this schema, so its members are not known`,
    )
  const unknown = paths.find((path) => !hasMember(outline, path.split(".")))
  if (unknown !== undefined) throw new SerializationInvalid(`The schema has no member ${JSON.stringify(unknown)}`)
  const { $schema: _, ...rest } = outline
  return resolve(rest, rest)
}

/** A step of an issue's path. */
export function keyOf(step: PropertyKey | StandardPathSegment): string {
  return String(typeof step === "object" ? step.key : step)
}
