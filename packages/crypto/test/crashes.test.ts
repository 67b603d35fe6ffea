import { expect, test } from "bun:test"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { temporaryFolder } from "@ashlar/cache/testing/databases"
import { openKeys, readHead } from "../src/index.ts"

const program = join(import.meta.dir, "..", "src", "testing", "rotate-process.ts")

test("killed anywhere while it rotates and rewraps, it loses nothing", async () => {
  const folder = temporaryFolder()
  const store = `sqlite:${join(folder, "keys.db")}`
  const roots = [0, 1].map((at) => `file:${join(folder, `root-${at}.key`)}`)
  const file = join(folder, "sealed.txt")
  writeFileSync(file, "")
  const first = await openKeys({ root: `${roots[0]}?create=true`, store })
  await first.create({ name: "a" })
  await first.close()
  const other = await openKeys({ root: `${roots[1]}?create=true`, store: "memory:" })
  await other.close()
  for (let round = 0; round < 6; round++) {
    const [root, former] = round % 2 === 0 ? [roots[0]!, roots[1]!] : [roots[1]!, roots[0]!]
    const child = Bun.spawn([process.execPath, program, store, root, former, file], {
      stdout: "pipe",
      stderr: "inherit",
    })
    let lines = 0
    for await (const chunk of child.stdout) {
      lines += Buffer.from(chunk).toString().split("\n").length - 1
      if (lines > 3) break
    }
    await Bun.sleep(Math.random() * 25) // anywhere: this is the fault, and not a wait
    child.kill("SIGKILL")
    await child.exited
  }
  const keys = await openKeys({ root: roots[0]!, former: [roots[1]!], store })
  const whole = readFileSync(file, "utf8").split("\n").slice(0, -1)
  expect(whole.length).toBeGreaterThan(20)
  for (const line of whole) {
    const [at = "", text = ""] = line.split(" ")
    if (line.split(" ").length !== 2 || readHeadOf(text) === undefined) continue // a line that a kill cut
    expect(await keys.decryptText("a", Buffer.from(text, "base64"), { at })).toBe(`message ${at}`)
  }
  const { versions, version } = await keys.get("a")
  expect(versions.map((one) => one.version)).toEqual(Array.from({ length: version }, (_, at) => at + 1))
  await keys.rewrapRoot()
  await keys.close()
  const alone = await openKeys({ root: roots[0]!, store })
  expect(await alone.decryptText("a", Buffer.from(whole[0]!.split(" ")[1]!, "base64"), { at: "0" })).toBe("message 0")
  await alone.close()
}, 120_000)

function readHeadOf(text: string): number | undefined {
  try {
    return readHead(Buffer.from(text, "base64")).version
  } catch {
    return undefined
  }
}
