import { openDatabase } from "@ashlar/orm"
import { measure } from "../measure.ts"
import { ashlarSubject } from "./ashlar-models.ts"

await measure(async (path) => ashlarSubject(await openDatabase(`sqlite:${path}?synchronous=NORMAL`)))
