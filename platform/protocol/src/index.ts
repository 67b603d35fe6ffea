export {
  Collection,
  CollectionPatch,
  Document,
  DocumentData,
  Explanation,
  Index,
  type IndexField,
  NewCollection,
  QueryResult,
  type RuleLevel,
  Rules,
} from "./documents.ts"
export {
  type Access,
  DeployBody,
  Deployed,
  FunctionInfo,
  FunctionMetrics,
  Limits,
  LogLine,
  RollbackBody,
  type Runtime,
  Version,
} from "./functions.ts"
export { MAX_PAGE_ITEMS, type Page, PageQuery, pageOf, Time } from "./page.ts"
export {
  type NewPerson,
  RefreshBody,
  Session,
  SessionInfo,
  SetupBody,
  SetupCheckBody,
  SetupFacts,
  SignInBody,
  SignUpBody,
  User,
} from "./people.ts"
export {
  AuditEntry,
  Key,
  KeyCreated,
  type KeyKind,
  Member,
  MemberAdded,
  MemberPatch,
  NewKey,
  NewMember,
  NewProject,
  Project,
  ProjectPatch,
  Role,
} from "./projects.ts"
export { Capabilities, Health, type RuntimeCapability } from "./service.ts"
