import { openDatabase, sql } from "../../src/index.ts"

/** 1 KB each: 100 MB in all, several times that as objects. */
const ROWS = 100_000

// bun or node on-any-stream.ts url: streams 100,000 rows, and tells by how many megabytes the process grew at most.
const [url = ""] = process.argv.slice(2)
await using db = await openDatabase(url)
const digits = sql`(select 0 as d union all select 1 union all select 2 union all select 3 union all select 4 union all select 5 union all select 6 union all select 7 union all select 8 union all select 9)`
const n = sql`a.d + 10 * b.d + 100 * c.d + 1000 * e.d + 10000 * f.d`
const filler = sql`(select ${"x".repeat(1_000)} as t) filler`
const rows = sql`select ${n} as n, filler.t from ${digits} a, ${digits} b, ${digits} c, ${digits} e, ${digits} f, ${filler}`

const megabytes = () => process.memoryUsage().rss / 2 ** 20
// What the runtime and the client take at their first use is not what a row costs.
for await (const _ of db.stream(db.sql`select * from (${rows}) made where n < 2000`));
const before = megabytes()
let peak = before
let count = 0
for await (const _ of db.stream(db.sql`${rows}`)) if (++count % 500 === 0) peak = Math.max(peak, megabytes())
console.log(JSON.stringify({ isWhole: count === ROWS, grewByMb: Math.round(peak - before) }))
