export { DocumentInvalid } from "../errors.ts"
export type { ApiChange, ApiDiff } from "./diff-openapi.ts"
export { diffOpenApi } from "./diff-openapi.ts"
