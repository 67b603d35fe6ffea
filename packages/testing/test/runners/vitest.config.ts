/** Where Vitest looks in this folder. */
const config: object = { test: { include: ["on-vitest.ts"], watch: false } }
export default config
