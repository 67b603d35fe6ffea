export type { PublishOptions } from "./publish-routes.ts"
export { publishRoutes } from "./publish-routes.ts"
export type { RouteManifest } from "./route-manifest.ts"
export { toManifest } from "./route-manifest.ts"
