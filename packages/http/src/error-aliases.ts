import { Conflict, Forbidden, Invalid, NotFound, TooManyRequests, Unauthorized, Unavailable } from "./errors.ts"

/**
 * The same classes under the names that other frameworks gave them, as values and as types:
 * `catch (error) { if (error instanceof NotFoundError) … }`.
 */

export const ValidationError: typeof Invalid = Invalid
export type ValidationError = InstanceType<typeof Invalid>

export const AuthenticationError: typeof Unauthorized = Unauthorized
export type AuthenticationError = InstanceType<typeof Unauthorized>

export const ForbiddenError: typeof Forbidden = Forbidden
export type ForbiddenError = InstanceType<typeof Forbidden>

export const NotFoundError: typeof NotFound = NotFound
export type NotFoundError = InstanceType<typeof NotFound>

export const ConflictError: typeof Conflict = Conflict
export type ConflictError = InstanceType<typeof Conflict>

export const TooManyRequestsError: typeof TooManyRequests = TooManyRequests
export type TooManyRequestsError = InstanceType<typeof TooManyRequests>

export const UnavailableError: typeof Unavailable = Unavailable
export type UnavailableError = InstanceType<typeof Unavailable>
