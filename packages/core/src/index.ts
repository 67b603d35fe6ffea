export type { ErrorClass, ErrorOptions, ErrorReport } from "./errors.ts"
export { AshlarError, defineError, fromReport, Internal } from "./errors.ts"
