export type { CallInput, InputValue, Procedure, ProcedureDefinition } from "./procedure.ts"
export { procedure } from "./procedure.ts"
export type { RpcOptions } from "./rpc.ts"
export { rpc } from "./rpc.ts"
