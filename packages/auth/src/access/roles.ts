import { didYouMean } from "@ashlar/core"
import { AuthSetupInvalid } from "../errors.ts"
import { covers, isPattern } from "./pattern.ts"

/** What one role allows. */
export interface Role<A extends string, R extends string> {
  /** Roles whose all it allows, too. */
  readonly extends?: readonly R[]
  /** Actions, or patterns of some: `posts:*`. */
  readonly allow?: readonly (A | "*" | `${string}:*` | `*:${string}` | `${string}:*:${string}`)[]
}

/** The actions that each role allows, with all that it extends. @throws {AUTH_SETUP_INVALID} */
export function compileRoles(
  actions: readonly string[],
  roles: Readonly<Record<string, Role<string, string>>>,
): ReadonlyMap<string, ReadonlySet<string>> {
  const compiled = new Map<string, ReadonlySet<string>>()
  const known = new Map(Object.entries(roles))
  const compile = (name: string, path: readonly string[]): ReadonlySet<string> => {
    const done = compiled.get(name)
    if (done !== undefined) return done
    if (path.includes(name))
      throw new AuthSetupInvalid(`Expected roles that extend others, got a circle: ${[...path, name].join(" → ")}.`)
    const role = known.get(name)
    if (role === undefined)
      throw new AuthSetupInvalid(
        `Expected roles that there are in extends, got "${name}". ${didYouMean(name, [...known.keys()])}`,
      )
    const inherited = (role.extends ?? []).flatMap((other) => [...compile(other, [...path, name])])
    const allowed = new Set([
      ...inherited,
      ...(role.allow ?? []).flatMap((pattern) => actionsOf(pattern, actions, name)),
    ])
    compiled.set(name, allowed)
    return allowed
  }
  for (const name of known.keys()) compile(name, [])
  return compiled
}

/** A pattern that means nothing is a mistake that would show when somebody is refused. */
function actionsOf(pattern: string, actions: readonly string[], role: string): readonly string[] {
  const meant = isPattern(pattern) ? actions.filter((action) => covers(pattern, action)) : []
  if (meant.length > 0) return meant
  throw new AuthSetupInvalid(
    `Expected the role ${role} to allow actions that there are, got "${pattern}". ${didYouMean(pattern, actions)}`,
  )
}
