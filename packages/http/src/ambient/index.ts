export { ambientContext, currentContext, findContext } from "./ambient-context.ts"
