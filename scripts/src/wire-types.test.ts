import { expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { root } from "./rules/workspaces.ts"
import { COMMAND, renderWireTypes, WIRE_TYPES } from "./wire-types.ts"

test(`the SDK's wire types are what the platform's document gives: otherwise run ${COMMAND}`, async () => {
  const rendered = await renderWireTypes()
  expect(rendered).toContain("export interface Session {")
  expect(readFileSync(join(root, WIRE_TYPES), "utf8")).toBe(rendered)
}, 30_000)
