import type { TestRunner } from "@ashlar/codegen"
import { TEST_FROM } from "./auth-files.ts"

const PACKAGE = ["@ashlar", "auth"].join("/")

/** A policy of a resource, `Post` or `PriceList`, and its test, by their paths. */
export function policyFiles(name: string, runner: TestRunner): Readonly<Record<string, string>> {
  const word = `${name[0]!.toLowerCase()}${name.slice(1)}`
  const file = name.replaceAll(/(?<=[a-z0-9])[A-Z]/g, (letter) => `-${letter}`).toLowerCase()
  return {
    [`src/policies/${file}-policy.ts`]: policyText(name, word),
    [`test/${file}-policy.test.ts`]: testText({ name, word, file, runner }),
  }
}

function policyText(name: string, word: string): string {
  return `import { definePolicy } from "${PACKAGE}"

/** As much of a ${word} as its policy looks at. */
export interface ${name}Facts {
  readonly ownerId: string
  readonly isLocked: boolean
}

/**
 * Who may change a ${word}: its owner, and whomever a role lets; nobody while it is locked. It is a policy of defineAccess:
 * \`policies: { "${word}:write": ${word}Policy }\`.
 */
export const ${word}Policy = definePolicy<${name}Facts>()({
  // Grants it to those to whom no role does.
  allow: (principal, ${word}) => ${word}.ownerId === principal.id,
  // Refuses it, whoever grants it.
  deny: (_principal, ${word}) => ${word}.isLocked,
  // The same for queries.
  where: (principal, granted) => (granted ? { isLocked: false } : { isLocked: false, ownerId: principal.id }),
})
`
}

interface PolicyTest {
  readonly name: string
  readonly word: string
  readonly file: string
  readonly runner: TestRunner
}

function testText({ name, word, file, runner }: PolicyTest): string {
  return `import assert from "node:assert/strict"
import { test } from "${TEST_FROM[runner]}"
import { createPrincipal, defineAccess } from "${PACKAGE}"
import { type ${name}Facts, ${word}Policy } from "../src/policies/${file}-policy.ts"

const access = defineAccess({
  actions: ["${word}:write"],
  roles: { editor: { allow: ["${word}:write"] } },
  policies: { "${word}:write": ${word}Policy },
})
const ana = createPrincipal({ id: "ana", kind: "user" })
const editor = createPrincipal({ id: "eve", kind: "user", roles: ["editor"] })
const own: ${name}Facts = { ownerId: "ana", isLocked: false }
const other: ${name}Facts = { ownerId: "bob", isLocked: false }

test("owners may change what is theirs, and editors all", () => {
  assert.equal(access.can(ana, "${word}:write", own), true)
  assert.equal(access.can(ana, "${word}:write", other), false)
  assert.equal(access.can(editor, "${word}:write", other), true)
})

test("nobody may change what is locked", () => {
  for (const principal of [ana, editor]) assert.equal(access.can(principal, "${word}:write", { ...own, isLocked: true }), false)
})

test("credentials that were not granted it may not, whosever they are", () => {
  const limited = createPrincipal({ id: "ana", kind: "user", scopes: ["something:else"] })
  assert.equal(access.can(limited, "${word}:write", own), false)
})

test("queries find what may be changed", () => {
  assert.deepEqual(access.filter(ana, "${word}:write"), { isLocked: false, ownerId: "ana" })
  assert.deepEqual(access.filter(editor, "${word}:write"), { isLocked: false })
})
`
}
