import { openDatabase } from "@ashlar/orm"
import { measure } from "../measure.ts"
import { ashlarSubject } from "./ashlar-models.ts"

await measure(async (url) => ashlarSubject(await openDatabase(`${url}?max=8`)))
