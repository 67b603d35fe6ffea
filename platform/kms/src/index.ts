export { kmsFeature } from "./feature.ts"
export type { HttpKmsOptions } from "./http-kms.ts"
export { createHttpKms } from "./http-kms.ts"
export { openInstallSecret } from "./install-secret.ts"
export type { FieldUse, Kms, KmsOptions } from "./kms.ts"
export { openKms } from "./kms.ts"
export type { KmsActor, Note } from "./live-kms.ts"
export type {
  KmsAuditEntry,
  KmsAuditQuery,
  KmsAuditReport,
  KmsKey,
  KmsPage,
  KmsPageRequest,
  KmsSecret,
  NewKmsKey,
  ProjectKms,
  SecretHistoryEntry,
  SecretInput,
} from "./project-kms.ts"
export { sqliteStore } from "./sqlite-store.ts"
