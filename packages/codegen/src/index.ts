export { SchemaUnreadable } from "./errors.ts"
export type { JsonSchema } from "./json-schema.ts"
export type { DescribedRoute } from "./routes-file.ts"
export { writeRoutesFile } from "./routes-file.ts"
