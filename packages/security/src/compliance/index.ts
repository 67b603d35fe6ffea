export { ComplianceInvalid, ErasureBlocked } from "../errors.ts"
export { type Checklist, type ChecklistItem, type ChecklistName, type ComplianceFacts, checklist } from "./checklist.ts"
export { type DataMapEntry, type DataMapSources, type DescribedRoute, dataMap } from "./data-map.ts"
export { type ReportParts, toHtml, toMarkdown } from "./document.ts"
export { createRetention, type RetentionOptions, type RetentionReport, type RetentionRule } from "./retention.ts"
export {
  type ErasureMode,
  type ErasureOptions,
  type ErasureReport,
  eraseSubject,
  exportSubject,
  type SubjectExport,
  type SubjectOptions,
} from "./subject.ts"
