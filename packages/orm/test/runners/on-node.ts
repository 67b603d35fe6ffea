import { describe, test } from "node:test"
import { describeDatabase } from "../../src/testing/database-suite.ts"

// node on-node.ts name url
const [name = "", url = ""] = process.argv.slice(2)
describeDatabase(name, url, { describe, test })
