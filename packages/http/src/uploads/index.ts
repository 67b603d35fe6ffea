export { SNIFF_BYTES, sanitizeFilename, sniffType } from "@ashlar/core/files"
export {
  MultipartInvalid,
  MultipartTruncated,
  PartHeadersTooLarge,
  PartsTooMany,
  PartTooLarge,
  StorageFull,
  UploadNameTaken,
} from "../errors.ts"
export type { MultipartLimits, PartLimit, UploadContext } from "./multipart.ts"
export { MultipartPart, multipart } from "./multipart.ts"
export type { ReceivedFile, ReceiveFileOptions } from "./receive-file.ts"
export { receiveFile } from "./receive-file.ts"
export { receiveUploads } from "./receive-uploads.ts"
export type { FolderOptions, StoredInFolder } from "./to-folder.ts"
export { toFolder } from "./to-folder.ts"
export type { MemoryOptions, StoredInMemory } from "./to-memory.ts"
export { toMemory } from "./to-memory.ts"
export type { UploadNames } from "./upload-name.ts"
export type {
  FieldRule,
  FieldRules,
  FieldsOf,
  FileFacts,
  FileRule,
  FilesRule,
  FilesRules,
  UploadedFile,
  UploadForm,
  UploadOptions,
} from "./upload-rules.ts"
export type { IncomingFile, UploadTarget, UploadWriter } from "./upload-target.ts"
export type { UploadFields } from "./uploads-layer.ts"
export { uploads } from "./uploads-layer.ts"
