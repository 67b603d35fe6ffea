import { join } from "node:path"
import { testGuides } from "@ashlar/core/testing/guides"

testGuides(join(import.meta.dir, ".."), { workflows: 4 })
