import type { Layer } from "./layer.ts"

type AnyHooks = Layer<unknown, unknown>

/**
 * The layers of a route as they are compiled: each once, where it stands first. A group of `parallel` becomes its members
 * without their `before`, in order, and then the group, which runs those together; what stands before the group already
 * is left out of it.
 */
export function arrangeLayers(layers: readonly AnyHooks[]): readonly AnyHooks[] {
  const seen = new Set<AnyHooks>()
  const arranged: AnyHooks[] = []
  for (const one of layers) {
    const { members, conditional } = one
    if (seen.has(one) || (conditional !== undefined && seen.has(conditional))) continue
    seen.add(one)
    if (members === undefined) {
      arranged.push(one)
      continue
    }
    const fresh = members.list.filter((member) => !isThere(member, seen))
    for (const member of fresh) seen.add(member)
    if (fresh.length > 1) arranged.push(...fresh.map(withoutBefore), members.of(fresh))
    else arranged.push(...fresh)
  }
  return arranged
}

function isThere(member: AnyHooks, seen: ReadonlySet<AnyHooks>): boolean {
  return seen.has(member) || (member.conditional !== undefined && seen.has(member.conditional))
}

function withoutBefore(member: AnyHooks): AnyHooks {
  const { before: _together, ...hooks } = member.hooks
  return Object.freeze({ ...member, hooks })
}

/** The layers that a list puts in place, with the members of its groups. */
export function membersOf(layer: AnyHooks): readonly AnyHooks[] {
  return layer.members?.list ?? [layer]
}
