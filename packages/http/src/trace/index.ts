export type { Trace, TraceContextOptions } from "./trace-context.ts"
export { traceContext } from "./trace-context.ts"
export type { TraceParent } from "./traceparent.ts"
