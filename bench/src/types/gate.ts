/** For `npm run check`: fails when a route costs the compiler more than its budget. Counted, not timed. */
import { BUDGET, MAX_GROWTH } from "./budget.ts"
import { measureTypes } from "./type-cost.ts"

const costs: number[] = []
for await (const { instantiationsPerRoute } of measureTypes([50, 250])) costs.push(instantiationsPerRoute)
const [few, many] = costs as [number, number]
if (few > BUDGET.v || many > BUDGET.v || many / few > MAX_GROWTH) {
  const told = costs.map((cost) => cost.toFixed(0)).join(" at 50 routes, ")
  console.error(
    `A route costs ${told} instantiations at 250. It may cost ${BUDGET.v} in each, and at 250 no more than ${MAX_GROWTH} times what it costs at 50. See bench/README.md.`,
  )
  process.exitCode = 1
}
