/** Instantiations per route that the compiler may need: these are counted, not timed, and so are the same everywhere. */
export const BUDGET = { v: 480, zod: 650, client: 70 } as const

/** How much more a route may cost in a large app than in a small one. */
export const MAX_GROWTH = 1.05
