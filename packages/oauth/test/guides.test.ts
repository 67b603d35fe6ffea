import { join } from "node:path"
import { testGuides } from "@ashlar/core/testing/guides"

testGuides(join(import.meta.dir, ".."), { "oauth-server": 7, "oauth-clients": 5 })
