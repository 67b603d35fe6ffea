export type { MemberOf, Only, Perhaps, Without } from "./paths.ts"
export type { Serialized, SerializeOptions } from "./serialize.ts"
export { hidden, hidden as except, only, serialize } from "./serialize.ts"
