export type { DataCaller, DataPort, FunctionCaller } from "./broker.ts"
export type { BundleStore } from "./bundles.ts"
export type { InvokeOptions } from "./calls.ts"
export type { DataOperation } from "./collections.ts"
export { dataOperations } from "./collections.ts"
export type { EgressOptions } from "./egress.ts"
export {
  AccessDenied,
  BadResponse,
  BodyLimit,
  BrokenOff,
  BundleInvalid,
  BundleLost,
  BundleTooLarge,
  CallLimit,
  Cancelled,
  ChangeBusy,
  CpuLimit,
  Crashed,
  CredentialsNeeded,
  CursorInvalid,
  EgressFailed,
  EgressInvalid,
  EgressLimit,
  EgressNotGranted,
  EgressPrivate,
  EgressRedirects,
  FunctionInvalid,
  FunctionNotFound,
  FunctionVersionNotFound,
  InvocationOver,
  LogLimit,
  MemoryLimit,
  PayloadLimit,
  ProtocolError,
  QueueFull,
  SecretRefused,
  StartFailed,
  Stopped,
  Threw,
  Unsandboxed,
  WallLimit,
} from "./errors.ts"
export { functionsFeature } from "./feature.ts"
export type { FunctionCapabilities, RuntimeCapability } from "./isolation.ts"
export type { FunctionLimits, InstallLimits } from "./limits.ts"
export { defaultInstallLimits, limitRanges } from "./limits.ts"
export type { LogFilter, LogLine } from "./logs.ts"
export type { Access, Deployment } from "./manifest.ts"
export type { LogLevel } from "./messages.ts"
export type { FunctionMetrics } from "./metrics.ts"
export type { Page, PageRequest } from "./page.ts"
export type { Profile, Runtime } from "./profile.ts"
export type { DeployedBy, FunctionsHealth, FunctionsOptions, FunctionsService } from "./service.ts"
export { openFunctions } from "./service.ts"
export type { FunctionRecord, Sealer, VersionRecord } from "./store.ts"
