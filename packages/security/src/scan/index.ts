export { ScanInputInvalid } from "../errors.ts"
export {
  type Advisory,
  type Dependency,
  isAffected,
  parseAdvisories,
  parseLockfile,
  scanDependencies,
} from "./advisories.ts"
export { type Accepted, type Judged, judge, parseBaseline } from "./baseline.ts"
export { type Finding, type Place, type RuleId, SEVERITIES, type Severity, scanRules, sortFindings } from "./finding.ts"
export { toSarif } from "./sarif.ts"
export { type ScanOptions, type ScanReport, scan } from "./scan.ts"
export { judgeHeaders, scanHeaders } from "./scan-headers.ts"
export { scanRoutes } from "./scan-routes.ts"
export { scanText } from "./scan-text.ts"
export { compareVersions } from "./semver.ts"
