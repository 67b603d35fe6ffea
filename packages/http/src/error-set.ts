import {
  BadGateway,
  BadRequest,
  Conflict,
  Forbidden,
  GatewayTimeout,
  Gone,
  Invalid,
  Locked,
  NotAcceptable,
  NotFound,
  NotImplemented,
  PaymentRequired,
  PreconditionFailed,
  PreconditionRequired,
  TooManyRequests,
  Unauthorized,
  Unavailable,
  UnsupportedMediaType,
} from "./errors.ts"

/** The errors that handlers throw and routes list: `errors: [errors.NotFound]`. */
export const errors: {
  readonly BadRequest: typeof BadRequest
  readonly Unauthorized: typeof Unauthorized
  readonly PaymentRequired: typeof PaymentRequired
  readonly Forbidden: typeof Forbidden
  readonly NotFound: typeof NotFound
  readonly NotAcceptable: typeof NotAcceptable
  readonly Conflict: typeof Conflict
  readonly Gone: typeof Gone
  readonly PreconditionFailed: typeof PreconditionFailed
  readonly UnsupportedMediaType: typeof UnsupportedMediaType
  readonly Invalid: typeof Invalid
  readonly Locked: typeof Locked
  readonly PreconditionRequired: typeof PreconditionRequired
  readonly TooManyRequests: typeof TooManyRequests
  readonly NotImplemented: typeof NotImplemented
  readonly BadGateway: typeof BadGateway
  readonly Unavailable: typeof Unavailable
  readonly GatewayTimeout: typeof GatewayTimeout
} = {
  BadRequest,
  Unauthorized,
  PaymentRequired,
  Forbidden,
  NotFound,
  NotAcceptable,
  Conflict,
  Gone,
  PreconditionFailed,
  UnsupportedMediaType,
  Invalid,
  Locked,
  PreconditionRequired,
  TooManyRequests,
  NotImplemented,
  BadGateway,
  Unavailable,
  GatewayTimeout,
}
