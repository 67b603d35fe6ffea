/** A platform that is about to be killed: its functions loop, wait, and do nothing. */
import { openInstall } from "./install.ts"

const install = openInstall(JSON.parse(process.argv[2] ?? "{}"))
const looping =
  "export default { fetch: async (request) => { if ((await request.text()) === 'loop') for (;;) ; return new Response('x') } }"
const limits = { wallMs: 60_000, cpuMs: 60_000 }
await install.deploy("bun", looping, { limits })
await install.deploy("quickjs", looping, { runtime: "quickjs", limits })
await install.deploy("idle", looping)
for (const name of ["bun", "quickjs"]) void install.call(name, { method: "POST", body: "loop" })
await Bun.sleep(200)
console.log("looping")
// Nobody killed it: then nobody needs it.
await Bun.sleep(20_000)
process.exit(1)
