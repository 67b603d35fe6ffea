/** What the process with the root key and the platform agree on. */
export const ROOT_KEY_PATH = "/root-key"
/** Whom tokens are for: one for another service is none here. */
export const KMS_SERVICE = "kms"
export const PLATFORM_SERVICE = "platform"
/** A wrapped key and its context, sealed. */
export const MAX_CALL_BYTES: number = 64 * 1024
