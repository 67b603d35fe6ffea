import { describe, expect, test } from "bun:test"
import { existsSync, readFileSync } from "node:fs"
import { differences } from "./differences.ts"
import { groups } from "./groups.ts"
import { COMMAND, PAGE, renderPage } from "./runtimes-page.ts"

describe("what differs between runtimes", () => {
  test(`is what docs/runtimes.md says: otherwise run ${COMMAND}`, () => {
    expect(existsSync(PAGE) ? readFileSync(PAGE, "utf8") : "docs/runtimes.md is missing").toBe(renderPage())
  })
  test("is about cases that exist", () => {
    const unknown = differences.flatMap(({ group, cases }) => {
      const names = new Set(groups.find(({ name }) => name === group)?.cases.map(({ name }) => name))
      return cases.filter((name) => !names.has(name)).map((name) => `${group}: ${name}`)
    })
    expect(unknown).toEqual([])
  })
})

test("every case of a group has a name of its own", () => {
  const twice = groups.flatMap(({ name: group, cases }) => {
    const seen = new Set<string>()
    return cases.filter(({ name }) => seen.has(name) || !seen.add(name)).map(({ name }) => `${group}: ${name}`)
  })
  expect(twice).toEqual([])
})
