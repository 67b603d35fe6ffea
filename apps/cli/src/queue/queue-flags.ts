import type { Cli } from "../cli.ts"
import { databaseUrl } from "../database/database-project.ts"
import type { AppRuntime } from "../development/app-process.ts"

/** The options of every command that works on a queue. */
export interface QueueFlags {
  readonly queue?: string
  readonly name: string
  readonly runtime: AppRuntime
}

/** Where the jobs are. @throws {CLI_DATABASE_NEEDED} */
export function queueUrl(cli: Cli, { queue }: Pick<QueueFlags, "queue">): string {
  return queue ?? (cli.io.env.QUEUE_URL || databaseUrl(cli, {}))
}
