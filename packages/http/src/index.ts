export type { App, AppOptions, AppVariant } from "./app.ts"
export { createApp } from "./app.ts"
export type { AppState, StopOptions } from "./app-lifecycle.ts"
export type { BodyKinds } from "./body.ts"
export type { Constraint } from "./constraint.ts"
export { isIn, isNumber, isUuid } from "./constraint.ts"
export type { BaseContext, ConnectionInfo, Context } from "./context/context.ts"
export type { RequestHeaders } from "./context/request-headers.ts"
export {
  AuthenticationError,
  ConflictError,
  ForbiddenError,
  NotFoundError,
  TooManyRequestsError,
  UnavailableError,
  ValidationError,
} from "./error-aliases.ts"
export type { ErrorFormat } from "./error-answer/error-form.ts"
export { errors } from "./error-set.ts"
export {
  BadGateway,
  BadRequest,
  BodyInvalid,
  BodyTooLarge,
  Conflict,
  Forbidden,
  GatewayTimeout,
  Gone,
  Invalid,
  ListenFailed,
  Locked,
  MethodNotAllowed,
  NotAcceptable,
  NotFound,
  NotImplemented,
  PaymentRequired,
  PreconditionFailed,
  PreconditionRequired,
  RequestTimeout,
  TooManyRequests,
  Unauthorized,
  Unavailable,
  UnsupportedMediaType,
  UpgradeRequired,
  VersionUnknown,
} from "./errors.ts"
export { Failure, fail } from "./failure.ts"
export type { HostParams } from "./host.ts"
export type { TrailingSlash } from "./kernel.ts"
export type {
  AnyLayer,
  Check,
  ErrorsOf,
  FieldConflict,
  Inside,
  Layer,
  LayerHooks,
  LayerSpec,
  Middleware,
  MissingNeeds,
  NeedsCarrier,
  Next,
  Outcome,
  ProvidedBy,
} from "./layer.ts"
export { layer } from "./layer.ts"
export type { AnyErrorClass, Caught } from "./on-error.ts"
export { onError } from "./on-error.ts"
export type { Params, PathValues, PathValuesOf, Segment } from "./path.ts"
export { buildPath } from "./path.ts"
export type { Debug, Problem } from "./problem.ts"
export { toProblem } from "./problem.ts"
export type { ForwardedHeader } from "./proxies/forwarded.ts"
export type { FileSliceParts } from "./reply/file-slice.ts"
export { FileSlice } from "./reply/file-slice.ts"
export type { EncodedReply, ReplyHeaders, Result } from "./reply/reply.ts"
export { Reply } from "./reply/reply.ts"
export type { RequestIdOptions } from "./request-id.ts"
export { createRequestIds, requestIds } from "./request-id.ts"
export type { Part, RequestIssue } from "./request-issue.ts"
export type {
  AnyRoute,
  BodyOf,
  Declare,
  Handler,
  InputErrors,
  InputOf,
  InvalidInput,
  Leaked,
  Method,
  OwnErrors,
  ParamsOf,
  QueryOf,
  RawQuery,
  ResultOf,
  Returned,
  Route,
  RouteDefinition,
  ValidOf,
} from "./route.ts"
export { del, get, patch, post, put, routes } from "./route.ts"
export type { AnySchema, In, Out } from "./schema.ts"
export type { Scope } from "./scope.ts"
export type { OAuthFlow, OAuthFlows, ScopedScheme, Security, SecurityScheme } from "./security-scheme.ts"
export type { ListenOptions, Server } from "./server.ts"
export type { RouteRecord, RouteTable } from "./table.ts"
