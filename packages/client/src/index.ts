export * from "./contract.ts"
import type { Client } from "./contract.ts"
export declare function createClient<T>(url: string): Client<T>
