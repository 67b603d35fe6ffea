import type { RouteTable } from "@ashlar/http"
import type { Finding } from "./finding.ts"
import { scanRoutes } from "./scan-routes.ts"

/** What `ashlar security scan` has the app's own process make of its table. */
export function read(table: RouteTable): readonly Finding[] {
  return scanRoutes(table)
}
