export type { KeyAudit, KeyAuditLog, KeyEvent } from "./audit.ts"
export { auditKeysTo } from "./audit.ts"
export type { KeyContext } from "./context.ts"
export { encodeContext } from "./context.ts"
export {
  CiphertextInvalid,
  ContextInvalid,
  CryptoAuditFailed,
  CryptoClosed,
  CryptoLimitReached,
  CryptoOptionInvalid,
  CryptoStoreFailed,
  KeyConflict,
  KeyDestroyed,
  KeyDisabled,
  KeyExists,
  KeyNotFound,
  KeyRecordInvalid,
  KeyUseRefused,
  RootKeyExposed,
  RootKeyInvalid,
  RootKeyMissing,
  RootKeyRefused,
  RootKeyUnavailable,
  SecretExpired,
  SecretNotFound,
  UnwrapFailed,
  VersionRefused,
} from "./errors.ts"
export type { PublicJwk } from "./keys/algorithms.ts"
export type { KeysOptions } from "./keys/core.ts"
export type { SealedHead } from "./keys/envelope.ts"
export { OVERHEAD_BYTES, readHead } from "./keys/envelope.ts"
export type {
  KeyAlgorithm,
  KeyGrant,
  KeyInfo,
  KeyState,
  KeyUse,
  KeyVersionInfo,
  MacAlgorithm,
  SignatureAlgorithm,
} from "./keys/key.ts"
export type {
  DataKey,
  KeyOperations,
  KeyPage,
  Keys,
  NewKey,
  PublicKey,
  RootProgress,
  Signature,
} from "./keys/keys.ts"
export { defineKeys, openKeys } from "./keys/open-keys.ts"
export type { RewrapOptions, RewrapProgress, SealedItem } from "./keys/rewrap-all.ts"
export { rewrapAll } from "./keys/rewrap-all.ts"
export type { SecretsOptions } from "./secrets/live-secrets.ts"
export { createSecrets, SECRETS_KEY } from "./secrets/live-secrets.ts"
export type { SecretInfo, SecretReader, Secrets, SecretValue, SecretVersion, SetSecret } from "./secrets/secrets.ts"
export { memoryStore } from "./stores/memory.ts"
export { keyStoreDrivers } from "./stores/open-store.ts"
export type { KeyStore, ListRequest, StoredRecord } from "./stores/store.ts"
export { wipe } from "./wipe.ts"
