/** Writes one object again and again until it is killed. What is said of it says what its bytes must be. */
import { openStorage } from "../index.ts"

const storage = openStorage(process.argv[2] ?? "")
await storage.ready()
console.log("ready")
for (let round = 0; ; round++) {
  const fill = (process.pid + round) % 256
  const size = 100_000 + (round % 7) * 50_000
  await storage.put("x", new Uint8Array(size).fill(fill), { metadata: { fill: String(fill), size: String(size) } })
}
