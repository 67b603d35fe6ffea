export type { Ambient } from "./ambient.ts"
export { createAmbient } from "./ambient.ts"
export type { Clock, ManualClock } from "./clock.ts"
export { manualClock, systemClock } from "./clock.ts"
export type {
  Config,
  ConfigDefinition,
  ConfigEntry,
  ConfigFields,
  ConfigFile,
  ConfigOf,
  ConfigProblem,
  ConfigSources,
  ConfigValues,
} from "./config.ts"
export { defineConfig, readConfigFile } from "./config.ts"
export { withDeadline } from "./deadline.ts"
export { detach } from "./detach.ts"
export type { DriverUrl } from "./driver-url.ts"
export { parseDriverUrl, redactUrl } from "./driver-url.ts"
export type {
  Driver,
  DriverDefinition,
  DriverModule,
  DriverOptions,
  DriverOptionValues,
  Drivers,
  Guarantees,
} from "./drivers.ts"
export { createDrivers, defineDriver } from "./drivers.ts"
export type { DeclaredBy, DeclaredError, ErrorClass, ErrorOptions, ErrorReport } from "./errors.ts"
export {
  AmbientMissing,
  AmbientUnavailable,
  AshlarError,
  ConfigInvalid,
  DeadlineExceeded,
  DriverDuplicate,
  DriverGuaranteeMissing,
  DriverOptionInvalid,
  DriverPackageMissing,
  DriverUnknown,
  DriverUrlInvalid,
  defineError,
  fromReport,
  Internal,
  LifecycleMisused,
  ServiceCloseFailed,
  ServiceCycle,
  ServiceMissing,
  ServiceMisused,
} from "./errors.ts"
export type { HealthOptions, ServiceHealth } from "./health.ts"
export { checkHealth } from "./health.ts"
export type { IdSource } from "./ids.ts"
export { createUuidv7, uuidv7 } from "./ids.ts"
export type {
  Lifecycle,
  LifecycleFailure,
  LifecycleOptions,
  LifecyclePart,
  LifecycleState,
  SignalOptions,
  SignalSource,
  StopReport,
} from "./lifecycle.ts"
export { createLifecycle, stopOnSignals } from "./lifecycle.ts"
export { didYouMean, editDistance, nearest, nearestOf } from "./nearest.ts"
export type { SecretSchema } from "./secret.ts"
export { isSecretSchema, Secret, secret } from "./secret.ts"
export { isSecretName } from "./secret-name.ts"
export type {
  Container,
  Service,
  ServiceDefinition,
  ServiceFailure,
  Services,
} from "./services.ts"
export { createContainer, defineService, token } from "./services.ts"
export type {
  StandardFailure,
  StandardInput,
  StandardIssue,
  StandardJsonSchemaConverter,
  StandardJsonSchemaOptions,
  StandardJsonSchemaProps,
  StandardJsonSchemaV1,
  StandardOptions,
  StandardOutput,
  StandardPathSegment,
  StandardResult,
  StandardSchemaProps,
  StandardSchemaV1,
  StandardSuccess,
  StandardTypedProps,
  StandardTypes,
} from "./standard-schema.ts"
