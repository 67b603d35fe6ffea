import { defineError, type ErrorClass } from "./errors.ts"

const Gone: ErrorClass<"CORE_GONE", 410> = defineError("CORE_GONE", 410, "It is gone.")

// The code and the status are literal types, so that a route can list the class and a client can tell errors apart.
export const code: "CORE_GONE" = Gone.code
export const status: 410 = new Gone().status

// @ts-expect-error another code
export const otherCode: "CORE_LOST" = Gone.code
// @ts-expect-error another status
export const otherStatus: 404 = new Gone().status
