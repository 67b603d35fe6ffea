import { expect, test } from "bun:test"
import { type Linked, LinkedSet } from "./linked-set.ts"

class Item implements Linked<Item> {
  readonly name: string
  before: Item | undefined
  after: Item | undefined
  isIn = false

  constructor(name: string) {
    this.name = name
  }
}

test("a linked set keeps the order in which things came, whichever are deleted", () => {
  const [a, b, c] = [new Item("a"), new Item("b"), new Item("c")]
  const all: Item[] = [a, b, c]
  for (const gone of all) {
    const set = new LinkedSet<Item>()
    for (const item of all) set.add(item)
    expect([set.delete(gone), set.delete(gone)]).toEqual([true, false])
    expect([set.size, [...set].map(({ name }) => name)]).toEqual([
      2,
      all.filter((item) => item !== gone).map(({ name }) => name),
    ])
    set.add(gone)
    expect([...set].at(-1)).toBe(gone)
    for (const item of set) set.delete(item)
    expect([set.size, [...set]]).toEqual([0, []])
  }
})
