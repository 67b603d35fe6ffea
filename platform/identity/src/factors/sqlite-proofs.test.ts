import { afterAll } from "bun:test"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describeProofStore } from "@ashlar/auth/testing/proofs"
import { openSqlite } from "@ashlar/sqlite"
import { identityFeature } from "../feature.ts"
import { createSqliteProofs } from "./sqlite-proofs.ts"

const folder = mkdtempSync(join(tmpdir(), "ashlar-proofs-"))
const engine = openSqlite()
const opened = engine.open(join(folder, "system.db"), { kind: "system", features: [identityFeature] })
afterAll(async () => {
  await engine.close()
  rmSync(folder, { recursive: true, force: true })
})

describeProofStore("the file of an install", {
  open: async (clock) => createSqliteProofs({ file: await opened, clock }),
})
