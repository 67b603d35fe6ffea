export {
  decideLinking,
  type LinkDecision,
  type LinkedAccounts,
  type LinkingOptions,
  type ProvenIdentity,
} from "./account-linking.ts"
