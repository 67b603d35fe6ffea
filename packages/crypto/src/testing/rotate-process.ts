/** One of the processes that `crashes.test.ts` kills: encrypts, rotates, and rewraps what is there, over and over. */
import { appendFileSync, readFileSync } from "node:fs"
import { openKeys } from "../keys/open-keys.ts"

const [store = "", root = "", former = "", file = ""] = process.argv.slice(2)
const keys = await openKeys({
  root,
  former: former === "" ? [] : [former],
  store,
  maxMessagesPerDataKey: 2,
  recordTtlMs: 0,
})
console.log("ready")
for (let at = 0; ; at++) {
  const sealed = await keys.encrypt("a", `message ${at}`, { at: String(at) })
  appendFileSync(file, `${at} ${Buffer.from(sealed).toString("base64")}\n`)
  await keys.rotate("a")
  const last = readFileSync(file, "utf8").trim().split("\n").at(-1)!
  const [name = "", text = ""] = last.split(" ")
  const fresh = await keys.rewrap("a", Buffer.from(text, "base64"), { at: name })
  appendFileSync(file, `${name} ${Buffer.from(fresh).toString("base64")}\n`)
  if (at % 5 === 0) await keys.rewrapRoot()
  console.log("more")
}
