export type { Health, HealthOptions } from "./health.ts"
export { healthRoutes } from "./health.ts"
