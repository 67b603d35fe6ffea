export type { Inbox, InboxOptions, InboxOutcome, InboxStats } from "./inbox.ts"
export { openInbox } from "./open-inbox.ts"
export { openOutbox } from "./open-outbox.ts"
export type { Outbox, OutboxOptions, OutboxStatus, OutboxWriter, Relay, RelayOptions, RelayStats } from "./outbox.ts"
