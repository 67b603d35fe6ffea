export {
  Conflict,
  ExportInvalid,
  FolderUnreadable,
  LayerInvalid,
  LinkRefused,
  NameInvalid,
  PathMismatch,
  TooManyFiles,
} from "./errors.ts"
export type {
  FileRoute,
  FileRoutePlace,
  LayerExport,
  RouteModule,
  RoutesOf,
  RouteTarget,
} from "./file-route.ts"
export { fileRoute, mountRoutes } from "./file-route.ts"
