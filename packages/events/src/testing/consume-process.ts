/**
 * A member of a group in a process of its own: says what it begins to handle, and never ends an event whose text is "hang"; one whose text
 * is "kill" kills it, and "slow" takes it a while. Given a URL, the bus's options and a group.
 */

import { on } from "../bus/handler.ts"
import { openBus } from "../bus/open-bus.ts"
import { Noted } from "./bus-stage.ts"

const [url = "", options = "{}", group = ""] = process.argv.slice(2)
const bus = openBus(url, JSON.parse(options))
await bus.subscribe(
  { group, attempts: 3, backoffMs: 1 },
  on(Noted, async ({ n, text }) => {
    console.log(String(n))
    if (text === "kill") process.kill(process.pid, "SIGKILL")
    if (text === "slow") await new Promise((done) => setTimeout(done, 200))
    if (text === "hang") await new Promise(() => undefined)
  }),
)
console.log("ready")
