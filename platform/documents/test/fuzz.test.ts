import { expect, test } from "bun:test"
import { join } from "node:path"
import { fuzz, loadSubject } from "./fuzz.ts"

const queries = Number(process.env.DOCUMENTS_FUZZ_QUERIES ?? 1000)
const seed = Number(process.env.DOCUMENTS_FUZZ_SEED ?? Date.now() % 2 ** 32)

test(`memory, keys and walking agree on random queries (seed ${seed})`, async () => {
  const subject = await loadSubject(join(import.meta.dir, "../src"))
  const result = fuzz(subject, { seed, queries })
  expect(result.disagreements).toEqual([])
  expect(result.wrongSorts).toEqual([])
  expect(result.queries).toBe(queries)
  // A generator whose queries match all or nothing would agree with anything. About a third tell, give or take 0.015.
  expect(result.telling / result.queries).toBeGreaterThan(0.2)
}, 600_000)
