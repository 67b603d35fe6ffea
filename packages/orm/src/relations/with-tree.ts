import { OrmQueryInvalid } from "../errors.ts"
import type { Clause, With } from "../query/clause.ts"

/** What is to be loaded of one relation, and of those behind it. */
export interface WithNode {
  readonly name: string
  /** What is asked of its rows, with the place of the first value among those of the whole query. */
  path: readonly Clause[]
  firstSlot: number
  readonly children: WithTree
}

export type WithTree = Map<string, WithNode>

const MAX_DEPTH = 16
const MAX_NODES = 128

/** All relations of a path as one tree: `posts` and `posts.comments` are the same posts. */
export function withTree(path: readonly Clause[], firstSlot: number): WithTree {
  const tree: WithTree = new Map()
  grow(tree, path, { slot: firstSlot, depth: 0, nodes: { count: 0 } })
  return tree
}

interface Growth {
  readonly slot: number
  readonly depth: number
  readonly nodes: { count: number }
}

function grow(tree: WithTree, path: readonly Clause[], growth: Growth): void {
  let { slot } = growth
  for (const clause of path) {
    if (clause.kind === "with") add(tree, clause, { ...growth, slot })
    slot += clause.valueCount
  }
}

function add(tree: WithTree, { path, inner }: With, { slot, depth, nodes }: Growth): void {
  if (depth + path.length > MAX_DEPTH) throw new OrmQueryInvalid(`Relations are loaded ${MAX_DEPTH} deep at most.`)
  let children = tree
  let node: WithNode | undefined
  for (const name of path) {
    node = children.get(name)
    if (node === undefined) {
      if (++nodes.count > MAX_NODES) throw new OrmQueryInvalid(`A query loads ${MAX_NODES} relations at most.`)
      node = { name, path: [], firstSlot: 0, children: new Map() }
      children.set(name, node)
    }
    children = node.children
  }
  if (node === undefined || inner.length === 0) return
  if (node.path.length > 0)
    throw new OrmQueryInvalid(`"${path.join(".")}" is asked for twice, with conditions each time. Say them at once.`)
  node.path = inner
  node.firstSlot = slot
  grow(node.children, inner, { slot, depth: depth + path.length, nodes })
}
