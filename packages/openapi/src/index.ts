export type { Json, OpenApiOptions } from "./openapi.ts"
export { createOpenApi } from "./openapi.ts"
