export { AuthBusy, AuthTooOften, EmailInvalid, PasswordWrong, ProofInvalid } from "../errors.ts"
export type { Shown } from "../proofs/tickets.ts"
export { type AccountEmailRoutes, type AccountEmailRoutesOptions, accountEmailRoutes } from "./account-email-routes.ts"
export type { ConfirmPage } from "./confirm-page.ts"
export type { EmailAccount, EmailAccounts } from "./email-accounts.ts"
export { parseEmail } from "./email-address.ts"
export {
  type Asked,
  type AskOptions,
  type Confirmed,
  type ConfirmOptions,
  createEmailFlows,
  type EmailFlows,
  type EmailFlowsOptions,
} from "./email-flows.ts"
export type { EmailMessage, EmailPurpose } from "./email-message.ts"
export { type EmailRoutes, type EmailRoutesOptions, emailRoutes } from "./email-routes.ts"
export { safeNext } from "./safe-next.ts"
