import { generateApp } from "./generated-app.ts"
import { checkTypes } from "./type-check.ts"

/** What one application costs the compiler beyond what an empty one does. */
export interface TypeCost {
  readonly routes: number
  readonly checkMs: number
  readonly instantiationsPerRoute: number
}

/** Measures applications of these sizes, one after the other. */
export async function* measureTypes(sizes: readonly number[]): AsyncGenerator<TypeCost> {
  const empty = await checkTypes(generateApp(0))
  for (const routes of sizes) {
    const { instantiations, checkMs } = await checkTypes(generateApp(routes))
    yield { routes, checkMs, instantiationsPerRoute: (instantiations - empty.instantiations) / routes }
  }
}
