export { type AccountColumns, accountColumns } from "./account-columns.ts"
export { type AccountModel, type ModelUsersOptions, modelUsers } from "./model-users.ts"
