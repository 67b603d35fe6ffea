import {
  createFunctions,
  type DeployedFunction,
  type DeployRequest,
  type FunctionInfo,
  type FunctionMetrics,
  type FunctionVersion,
  followEvents,
  type InvokeOptions,
  type LogLevel,
  type LogLine,
  type Page,
  type PageOptions,
  path,
  type Transport,
} from "@ashlar/sdk"
import { toQuery } from "./paging.ts"

export interface LogFilter {
  /** This level and everything graver. */
  readonly level?: LogLevel
  /** Only the lines of one call. */
  readonly invocation?: string
}

export interface FollowLogs extends LogFilter {
  /** Start after this line, by its `seq`. Default: with the next line. */
  readonly after?: number
  /** Ends the iteration quietly. */
  readonly signal?: AbortSignal
}

export interface Deployments {
  list(project: string, page?: PageOptions): Promise<Page<FunctionInfo>>
  get(project: string, name: string): Promise<FunctionInfo>
  /** Stores an immutable version and makes it the active one. @throws {FUNCTIONS_BUNDLE_INVALID} When the code cannot run. */
  deploy(project: string, input: DeployRequest): Promise<DeployedFunction>
  versions(project: string, name: string, page?: PageOptions): Promise<Page<FunctionVersion>>
  /** Makes an earlier version the active one; without a number the one before the active. */
  rollback(project: string, name: string, version?: number): Promise<FunctionInfo>
  /** Deletes the function with all its versions and logs. */
  delete(project: string, name: string): Promise<void>
  /** Kept log lines, newest last. */
  logs(project: string, name: string, options?: PageOptions & LogFilter): Promise<Page<LogLine>>
  /** Log lines as they are written, for as long as the caller iterates; a lost connection resumes without a gap. */
  followLogs(project: string, name: string, options?: FollowLogs): AsyncGenerator<LogLine>
  metrics(project: string, name: string): Promise<FunctionMetrics>
  /** Calls the function as the signed-in person. @see createFunctions */
  invoke(project: string, name: string, options?: InvokeOptions): Promise<Response>
}

export function createDeployments(transport: Transport): Deployments {
  const at = (project: string, name: string) => path`/v1/projects/${project}/functions/${name}`
  return {
    list: (project, page) => transport.json({ path: path`/v1/projects/${project}/functions`, query: toQuery(page) }),
    get: (project, name) => transport.json({ path: at(project, name) }),
    deploy: (project, input) =>
      transport.json({ method: "POST", path: path`/v1/projects/${project}/functions`, json: input }),
    versions: (project, name, page) => transport.json({ path: `${at(project, name)}/versions`, query: toQuery(page) }),
    rollback: (project, name, version) =>
      transport.json({
        method: "POST",
        path: `${at(project, name)}/rollback`,
        json: version === undefined ? {} : { version },
      }),
    delete: (project, name) => transport.json({ method: "DELETE", path: at(project, name) }),
    logs: (project, name, { level, invocation, ...page } = {}) =>
      transport.json({ path: `${at(project, name)}/logs`, query: { ...toQuery(page), level, invocation } }),
    async *followLogs(project, name, { level, invocation, after, signal } = {}) {
      const events = followEvents({
        signal,
        lastEventId: after === undefined ? undefined : String(after),
        open: (lastEventId, connection) =>
          transport.send({
            path: `${at(project, name)}/logs`,
            query: { follow: 1, level, invocation },
            headers: { accept: "text/event-stream", "last-event-id": lastEventId },
            signal: connection,
          }),
      })
      for await (const { event, data } of events) if (event === "log") yield JSON.parse(data) as LogLine
    },
    metrics: (project, name) => transport.json({ path: `${at(project, name)}/metrics` }),
    invoke: (project, name, options) => createFunctions(transport, project).invoke(name, options),
  }
}
