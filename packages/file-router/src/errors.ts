import { defineError, type ErrorClass } from "@ashlar/core"

export const NameInvalid: ErrorClass<"FILE_ROUTER_NAME_INVALID", 500> = defineError(
  "FILE_ROUTER_NAME_INVALID",
  500,
  "A file or folder among the routes has a name that stands for no path. Rename it, or start its name with `_`.",
)
export const Conflict: ErrorClass<"FILE_ROUTER_CONFLICT", 500> = defineError(
  "FILE_ROUTER_CONFLICT",
  500,
  "Two files stand for one path, or are the layer of one folder. Both are named; remove or rename one.",
)
export const PathMismatch: ErrorClass<"FILE_ROUTER_PATH_MISMATCH", 500> = defineError(
  "FILE_ROUTER_PATH_MISMATCH",
  500,
  "A route says another path than the one its file stands for. Correct the path, or move the file.",
)
export const ExportInvalid: ErrorClass<"FILE_ROUTER_EXPORT_INVALID", 500> = defineError(
  "FILE_ROUTER_EXPORT_INVALID",
  500,
  "A route file exports its routes by the names of their methods: `export const GET = get(…)`.",
)
export const LayerInvalid: ErrorClass<"FILE_ROUTER_LAYER_INVALID", 500> = defineError(
  "FILE_ROUTER_LAYER_INVALID",
  500,
  "The default export of a `_layer` file is a layer or a list of layers.",
)
export const LinkRefused: ErrorClass<"FILE_ROUTER_LINK_REFUSED", 500> = defineError(
  "FILE_ROUTER_LINK_REFUSED",
  500,
  "A symbolic link stands among the routes. It could bring in files from elsewhere: put the file itself there.",
)
export const FolderUnreadable: ErrorClass<"FILE_ROUTER_FOLDER_UNREADABLE", 500> = defineError(
  "FILE_ROUTER_FOLDER_UNREADABLE",
  500,
  "The folder of the routes does not exist, or cannot be read.",
)
export const TooManyFiles: ErrorClass<"FILE_ROUTER_TOO_MANY_FILES", 500> = defineError(
  "FILE_ROUTER_TOO_MANY_FILES",
  500,
  "The folder of the routes holds more files than `maxFiles`. Is it the right folder?",
)
