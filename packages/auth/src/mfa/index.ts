export {
  FactorLimit,
  FactorUnknown,
  FactorWrong,
  MfaLocked,
  PasskeyRefused,
  StepUpRequired,
} from "../errors.ts"
export type { Asker, Factor, FactorKind, Passed } from "./factor.ts"
export { createMfa, type Mfa, type MfaOptions } from "./mfa.ts"
export type { SecretSealer } from "./mfa-core.ts"
export type { OtpAlgorithm, OtpSettings } from "./otp.ts"
export type { PasskeyOptions, Passkeys } from "./passkeys.ts"
export type { RecoveryCodes } from "./recovery-codes.ts"
export type { RememberedDevice, RememberedDevices } from "./remembered-devices.ts"
export { changesBy, type RequireMfaOptions, requireMfa } from "./require-mfa.ts"
export type { CodeMessage, SentCodes, SentCodesOptions } from "./sent-codes.ts"
export type { TotpEnrolment, TotpFactors, TotpOptions } from "./totp-factors.ts"
