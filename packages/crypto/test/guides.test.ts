import { join } from "node:path"
import { testGuides } from "@ashlar/core/testing/guides"

testGuides(join(import.meta.dir, ".."), { keys: 7 })
