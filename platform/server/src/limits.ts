import { defaultLimits as documentLimits } from "@ashlar/documents"

export interface Limits extends Readonly<Record<string, number>> {
  readonly maxBodyBytes: number
  readonly maxDocumentsBodyBytes: number
  readonly maxDeployBodyBytes: number
  readonly maxInvokeBodyBytes: number
  readonly maxDocumentBytes: number
  readonly maxBatchDocuments: number
}

/** The server's own bounds. Each is an option of a room, or is enforced by the kernel with a typed error. */
export const limits: Limits = {
  /** The largest body of most requests. `HTTP_BODY_TOO_LARGE` above. */
  maxBodyBytes: 1024 * 1024,
  /** The largest body of a request that brings documents. */
  maxDocumentsBodyBytes: 16 * 1024 * 1024,
  /** The largest deploy, its bundle in JSON. */
  maxDeployBodyBytes: 16 * 1024 * 1024,
  /** The largest request that reaches a function; its own limit is at most this. */
  maxInvokeBodyBytes: 64 * 1024 * 1024,
  maxDocumentBytes: documentLimits.maxDocumentBytes,
  maxBatchDocuments: documentLimits.maxBatch,
}
